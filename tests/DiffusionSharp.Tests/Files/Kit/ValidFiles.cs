using TestKit.Files;

namespace DiffusionSharp.Tests.Files.Kit;

/// <summary>A right file of each kind, with nested values, views and NumPy in it, to be damaged.</summary>
internal static class ValidFiles
{
    public const string Header =
        """{"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"h":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]},"i":{"dtype":"I64","shape":[1],"data_offsets":[32,40]}} """;

    public static IReadOnlyDictionary<string, byte[]> Pickles { get; } = new Dictionary<string, byte[]>(StringComparer.Ordinal)
    {
        ["zip"] = Pickle(legacy: false),
        ["zip, protocol 4"] = Pickle4(),
        ["plain"] = CifarBatch(),
    };

    public static IReadOnlyDictionary<string, byte[]> All { get; } = new Dictionary<string, byte[]>(StringComparer.Ordinal)
    {
        ["zip"] = TorchWriter.Zip(Pickle(legacy: false), ("0", Numbers(24)), ("1", Numbers(8))).ToBytes(),
        ["zip, protocol 4"] = TorchWriter.Zip(Pickle4(), ("0", Numbers(24)), ("1", Numbers(8))).ToBytes(),
        ["legacy"] = TorchWriter.Legacy(Pickle(legacy: true), ("0", 6, Numbers(24)), ("1", 4, Numbers(8))),
        ["safetensors"] = TorchWriter.SafetensorsBytes(Header, Numbers(40)),
    };

    /// <summary>1, 2, 3, …</summary>
    public static byte[] Numbers(int count) => [.. Enumerable.Range(1, count).Select(i => (byte)i)];

    /// <summary>As Python 2 wrote CIFAR-10's batches: strings are bytes, arrays are filled by BUILD.</summary>
    public static byte[] CifarBatch(int images = 3)
    {
        var p = new PickleWriter();
        PickleWriter Word(string word) => p.Raw((byte)'U', (byte)word.Length).Do(word);
        p.Do("}(");
        Word("batch_label");
        Word("training batch 1 of 5");
        Word("labels").Do("](");
        for (var i = 0; i < images; i++)
        {
            p.Int(i % 10);
        }

        p.Do("e");
        Word("data").Global("numpy.core.multiarray", "_reconstruct").Global("numpy", "ndarray").Int(0).Raw(0x85);
        Word("b").Raw(0x87).Do("Rq\u0001").Do("(").Int(1).Int(images).Int(3072).Raw(0x86).Global("numpy", "dtype");
        Word("u1").Int(0).Int(1).Raw(0x87).Do("Rq\u0002(").Int(3);
        Word("|").Do("NNN").Int(-1).Int(-1).Int(0).Do("tb").Raw(0x89).Counted('T', 4, images * 3072).Raw(Pixels(images)).Do("tb");
        Word("filenames").Do("](");
        for (var i = 0; i < images; i++)
        {
            Word($"leptodactylus_pentadactylus_s_{i:D6}.png");
        }

        return p.Do("eu").Stop();
    }

    public static byte[] Pixels(int images) => [.. Enumerable.Range(0, images * 3072).Select(i => (byte)(i * 7))];

    private static byte[] Pickle(bool legacy) => new PickleWriter().Do("}(")
        .Text("state_dict").Call("collections", "OrderedDict", _ => { }).Do("(")
        .Text("a.weight").Tensor("FloatStorage", "0", 6, 0, [2, 3], [3, 1], legacy)
        .Text("a.bias").Tensor("FloatStorage", "0", 6, 1, [2, 2], [1, 3], legacy)
        .Text("h").Tensor("HalfStorage", "1", 4, 3, [], [], legacy).Do("u}").Text("_metadata").Do("}sb")
        .Text("epoch").Int(70_000).Text("lr").Raw((byte)'G', 0x3F, 0x20, 0, 0, 0, 0, 0, 0).Text("betas").Do("](").Int(1).Int(2).Do("e")
        .Text("array").Call("numpy.core.multiarray", "_reconstruct", p => p.Global("numpy", "ndarray").Ints([0]).Bytes("b"u8))
        .Do("(").Int(1).Ints([2, 1]).Call("numpy", "dtype", p => p.Text("i2").Raw(0x89, 0x88)).Do("(").Int(3).Text("<").Do("NNN").Int(-1).Int(-1).Int(0).Do("tb").Raw(0x89)
        .Call("_codecs", "encode", p => p.Text("\u0001\u0000\u00ff\u0000").Text("latin1")).Do("tb")
        .Text("path").Call("pathlib", "PosixPath", p => p.Text("/home").Text("me")).Text("steps").Call("collections", "Counter", p => p.Do("}").Int(30).Int(1).Do("s"))
        .Text("callback").Global("my.callbacks", "Stop").Do(")").Raw(0x81).Do("}").Text("patience").Int(3).Do("sb")
        .Text("size").Call("torch", "Size", p => p.Ints([3, 4])).Text("dtype").Global("torch", "float16").Do("u").Stop();

    // Protocol 4 as Python writes it: short strings, MEMOIZE, STACK_GLOBAL.
    private static byte[] Pickle4()
    {
        var p = new PickleWriter(4);
        PickleWriter Word(string word) => p.Raw(0x8C, (byte)word.Length).Do(word).Raw(0x94);
        p.Do("}").Raw(0x94);
        Word("v");
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
