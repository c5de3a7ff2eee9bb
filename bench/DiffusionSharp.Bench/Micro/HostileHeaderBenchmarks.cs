using System.Buffers.Binary;
using System.Text;
using BenchmarkDotNet.Attributes;
using DiffusionSharp.Files;

namespace DiffusionSharp.Bench.Micro;

/// <summary>How long a file made to hurt keeps the reader busy before it is refused (goal: under 100 ms); the limit of headers is 8 MiB.</summary>
public class HostileHeaderBenchmarks
{
    private const int Limit = 8 << 20;
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("ddim-micro-");

    /// <summary>
    /// length: a header of 2⁶³ bytes is claimed; nesting: 8 MiB of brackets; many: tens of thousands of tensors that fill the
    /// limit, of which the last claims bytes that are not there; metadata: one value of 8 MiB that is no text in the end; index: an index
    /// of shards as large. Pickles in the old format of torch.save: lists: 8 MiB of them, which need more memory than the file may take;
    /// laughs: lists that share each other a billion times; marks: 8 MiB of open brackets; strings: 8 MiB of short ones with a name that is
    /// refused at the end.
    /// </summary>
    [Params("length", "nesting", "many", "metadata", "index", "lists", "laughs", "marks", "strings")]
    public string Kind { get; set; } = "";

    private string Model => Path.Combine(folder.FullName, "model.safetensors");

    /// <summary>Writes the file.</summary>
    [GlobalSetup]
    public void Setup()
    {
        using var file = File.Create(Model);
        if (Kind == "index")
        {
            file.Write(Encoding.ASCII.GetBytes("{\"weight_map\":" + Many(i => $"\"t{i}\":\"f\",") + "\"z\":1}}"));
            return;
        }

        if (Pickle() is { } pickle)
        {
            file.Write([0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, (byte)'.', (byte)'J', 0xE9, 3, 0, 0, (byte)'.']);
            file.Write([.. "}X"u8, 13, 0, 0, 0, .. "little_endian"u8, 0x88, .. "s."u8]);
            file.Write(Encoding.Latin1.GetBytes(pickle));
            return;
        }

        var header = Encoding.ASCII.GetBytes(Kind switch
        {
            "nesting" => "{" + new string('[', Limit - 1),
            "many" => Many(i => $"\"t{i}\":{{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}},") + "\"z\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
            "metadata" => "{\"__metadata__\":{\"a\":\"" + new string('x', Limit - 100) + "\\ud800\"}}",
            _ => "{}",
        });
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, Kind == "length" ? 1UL << 63 : (ulong)header.Length);
        file.Write(length);
        file.Write(header);
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
            using var file = TensorFiles.Open(Model);
        }
        catch (DiffusionException e)
        {
            return e.Message;
        }

        throw new InvalidOperationException($"the {Kind} file was accepted");
    }

    private string? Pickle() => Kind switch
    {
        "lists" => "(" + new string(']', Limit),
        "marks" => new string('(', Limit),
        "laughs" => "U\u0003lolq\0" + string.Concat(Enumerable.Range(0, 40).Select(i => $"0]({string.Concat(Enumerable.Repeat("h" + (char)i, 10))}eq{(char)(i + 1)}")) + ".\u0080\u0002].",
        "strings" => "(" + string.Concat(Enumerable.Repeat("U\u0060" + new string('x', 96), Limit / 98)) + "tcos\nsystem\n",
        _ => null,
    };

    // As much as fits the limit. Empty tensors need no data, so that only what comes last is wrong.
    private static string Many(Func<int, string> entry)
    {
        var text = new StringBuilder("{");
        for (var i = 0; text.Length < Limit - 128; i++)
        {
            text.Append(entry(i));
        }

        return text.ToString();
    }
}
