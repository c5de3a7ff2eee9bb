using System.Buffers.Binary;
using System.Text;
using BenchmarkDotNet.Attributes;
using DiffusionSharp.Weights;

namespace DiffusionSharp.Bench.Micro;

/// <summary>How long a file made to hurt keeps the reader busy before it is refused; the header's limit is 8 MiB.</summary>
public class HostileHeaderBenchmarks
{
    private const int Limit = 8 << 20;
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("ddim-micro-");

    /// <summary>
    /// length: a header of 2⁶³ bytes is claimed; nesting: 8 MiB of brackets; many: tens of thousands of tensors that fill the
    /// limit, of which the last claims bytes that are not there.
    /// </summary>
    [Params("length", "nesting", "many")]
    public string Kind { get; set; } = "";

    private string Model => Path.Combine(folder.FullName, "model.safetensors");

    /// <summary>Writes the file.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var header = Kind switch
        {
            "nesting" => "{" + new string('[', Limit - 1),
            "many" => Many(),
            _ => "{}",
        };
        var bytes = Encoding.ASCII.GetBytes(header);
        using var file = File.Create(Model);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, Kind == "length" ? 1UL << 63 : (ulong)bytes.Length);
        file.Write(length);
        file.Write(bytes);
    }

    /// <summary>Removes it.</summary>
    [GlobalCleanup]
    public void Cleanup() => folder.Delete(recursive: true);

    /// <summary>Opens it.</summary>
    [Benchmark]
    public string Refuse()
    {
        try
        {
            using var file = TensorFile.Open(Model);
        }
        catch (DiffusionException e)
        {
            return e.Message;
        }

        throw new InvalidOperationException($"the {Kind} file was accepted");
    }

    // Empty tensors need no data, so only the last one is wrong.
    private static string Many()
    {
        const string last = "\"z\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
        var text = new StringBuilder("{");
        for (var i = 0; text.Length < Limit - 128; i++)
        {
            text.Append(FormattableString.Invariant($"\"t{i}\":{{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}},"));
        }

        return text.Append(last).ToString();
    }
}
