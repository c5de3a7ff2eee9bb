using System.Runtime.InteropServices;
using System.Text.Json;

namespace TestKit;

/// <summary>One folder of ../shared/goldens: case.json and its raw tensors.</summary>
public sealed class GoldenCase
{
    private readonly string folder;

    /// <summary>Opens a case by its folder name.</summary>
    public GoldenCase(string name)
    {
        folder = Shared.Path("goldens", name);
        Json = JsonDocument.Parse(File.ReadAllText(System.IO.Path.Combine(folder, "case.json"))).RootElement;
    }

    /// <summary>The whole of case.json.</summary>
    public JsonElement Json { get; }

    /// <summary>A file of the case.</summary>
    public string Path(string file) => System.IO.Path.GetFullPath(System.IO.Path.Combine(folder, file));

    /// <summary>The shape of a tensor.</summary>
    public int[] Shape(string tensor) => [.. Entry(tensor).GetProperty("shape").EnumerateArray().Select(e => e.GetInt32())];

    /// <summary>True when case.json lists the tensor.</summary>
    public bool Has(string tensor) => Json.GetProperty("tensors").TryGetProperty(tensor, out _);

    /// <summary>A tensor of any numeric type as doubles, C order.</summary>
    public double[] Doubles(string tensor)
    {
        var entry = Entry(tensor);
        var bytes = File.ReadAllBytes(Path(entry.GetProperty("file").GetString()!));
        var dtype = entry.TryGetProperty("dtype", out var d) ? d.GetString() : "f32";
        return dtype switch
        {
            "f32" => [.. MemoryMarshal.Cast<byte, float>(bytes).ToArray().Select(v => (double)v)],
            "f64" => MemoryMarshal.Cast<byte, double>(bytes).ToArray(),
            "i64" => [.. MemoryMarshal.Cast<byte, long>(bytes).ToArray().Select(v => (double)v)],
            "i32" => [.. MemoryMarshal.Cast<byte, int>(bytes).ToArray().Select(v => (double)v)],
            "u8" => [.. bytes.Select(v => (double)v)],
            _ => throw new NotSupportedException($"{tensor}: dtype {dtype}"),
        };
    }

    /// <summary>A tensor as floats, C order.</summary>
    public float[] Floats(string tensor) => [.. Doubles(tensor).Select(v => (float)v)];

    /// <summary>A tensor as ints.</summary>
    public int[] Ints(string tensor) => [.. Doubles(tensor).Select(v => (int)v)];

    private JsonElement Entry(string tensor) => Json.GetProperty("tensors").GetProperty(tensor);
}
