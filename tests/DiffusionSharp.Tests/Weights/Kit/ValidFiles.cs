using DiffusionSharp.Weights;
using TestKit.Files;

namespace DiffusionSharp.Tests.Weights.Kit;

/// <summary>A right file of each kind, with nested values, views and NumPy in it, to be damaged.</summary>
internal static class ValidFiles
{
    public static IReadOnlyDictionary<string, byte[]> All { get; } = new Dictionary<string, byte[]>(StringComparer.Ordinal)
    {
        ["zip"] = TorchWriter.Zip(Pickle(legacy: false), ("0", Numbers(24)), ("1", Numbers(8))).ToBytes(),
        ["zip, protocol 4"] = TorchWriter.Zip(Pickle4(), ("0", Numbers(24))).ToBytes(),
        ["legacy"] = TorchWriter.Legacy(Pickle(legacy: true), ("0", 6, Numbers(24)), ("1", 4, Numbers(8))),
        ["safetensors"] = TorchWriter.SafetensorsBytes(
            """{"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"h":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]},"i":{"dtype":"I64","shape":[1],"data_offsets":[32,40]}} """,
            Numbers(40)),
    };

    private static byte[] Numbers(int count) => [.. Enumerable.Range(1, count).Select(i => (byte)i)];

    private static byte[] Pickle(bool legacy) => new PickleWriter().Do("}(")
        .Text("state_dict").Call("collections", "OrderedDict", _ => { }).Do("(")
        .Text("a.weight").Tensor("FloatStorage", "0", 6, 0, [2, 3], [3, 1], legacy)
        .Text("a.bias").Tensor("FloatStorage", "0", 6, 1, [3, 2], [1, 3], legacy)
        .Text("h").Tensor("HalfStorage", "1", 4, 3, [], [], legacy).Do("u}").Text("_metadata").Do("}sb")
        .Text("epoch").Int(70_000).Text("lr").Raw((byte)'G', 0x3F, 0x20, 0, 0, 0, 0, 0, 0).Text("betas").Do("](").Int(1).Int(2).Do("e")
        .Text("array").Call("numpy.core.multiarray", "_reconstruct", p => p.Global("numpy", "ndarray").Ints([0]).Bytes("b"u8))
        .Do("(").Int(1).Ints([2, 1]).Call("numpy", "dtype", p => p.Text("i2").Raw(0x89, 0x88)).Do("(").Int(3).Text("<").Do("NNN").Int(-1).Int(-1).Int(0).Do("tb").Raw(0x89)
        .Call("_codecs", "encode", p => p.Text("\u0001\u0000\u00ff\u0000").Text("latin1")).Do("tb")
        .Text("size").Call("torch", "Size", p => p.Ints([3, 4])).Text("dtype").Global("torch", "float16").Do("u").Stop();

    // Protocol 4 as Python writes it: short strings, MEMOIZE, STACK_GLOBAL.
    private static byte[] Pickle4()
    {
        var p = new PickleWriter(4);
        PickleWriter Word(string word) => p.Raw(0x8C, (byte)word.Length).Do(word).Raw(0x94);
        p.Do("}").Raw(0x94);
        Word("w");
        Word("torch._utils");
        Word("_rebuild_tensor_v2").Raw(0x93, 0x94).Do("((");
        Word("storage");
        Word("torch");
        Word("FloatStorage").Raw(0x93, 0x94);
        Word("0");
        Word("cpu").Int(6).Do("t").Raw(0x94).Do("Q").Int(0).Int(6).Raw(0x85).Int(1).Raw(0x85, 0x89);
        Word("collections");
        Word("OrderedDict").Raw(0x93).Do(")Rt").Raw(0x94).Do("R").Raw(0x94);
        return p.Do("s").Stop();
    }
}
