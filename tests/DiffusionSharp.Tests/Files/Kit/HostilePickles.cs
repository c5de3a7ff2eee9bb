using System.Text;
using TestKit.Files;

namespace DiffusionSharp.Tests.Files.Kit;

/// <summary>Pickles made to hurt, each with a part of the message it must get. They go into a zip archive with one storage of 16 bytes.</summary>
internal static class HostilePickles
{
    private static readonly long[] Max16 = [.. Enumerable.Repeat((long)int.MaxValue, 16)];

    public static IReadOnlyDictionary<string, (byte[] Pickle, string Reason)> All { get; } = new Dictionary<string, (byte[] Pickle, string Reason)>(StringComparer.Ordinal)
    {
        // Programs.
        ["os.system"] = (P().Call("os", "system", p => p.Text("true")).Stop(), "'os.system'"),
        ["posix.system"] = (P().Call("posix", "system", p => p.Text("true")).Stop(), "'posix.system'"),
        ["builtins.eval"] = (P().Call("builtins", "eval", p => p.Text("1")).Stop(), "'builtins.eval'"),
        ["Python 2's eval"] = (P().Call("__builtin__", "eval", p => p.Text("1")).Stop(), "'builtins.eval'"),
        ["getattr"] = (P().Call("builtins", "getattr", p => p.Text("a").Text("b")).Stop(), "'builtins.getattr'"),
        ["subprocess in protocol 4"] = (P(4).Raw(0x8C, 10).Do("subprocess").Raw(0x8C, 5).Do("Popen").Raw(0x93).Do(")R.").Stop(), "'subprocess.Popen'"),
        ["a class of the model"] = (P().Global("torch.nn.modules.linear", "Linear").Do(")").Raw(0x81).Stop(), "'torch.nn.modules.linear.Linear'"),
        ["_load_from_bytes"] = (P().Call("torch.storage", "_load_from_bytes", p => p.Bytes("x"u8)).Stop(), "'torch.storage._load_from_bytes'"),
        ["a longer name"] = (P().Global("collections", "OrderedDict.fromkeys").Stop(), "'collections.OrderedDict.fromkeys'"),
        ["a name with control characters"] = (P().Global("os\u0001\u009f", "x").Stop(), "'os??.x'"),
        ["a very long name"] = (P().Global(new string('a', 300), "x").Stop(), "longer than 256"),
        ["nested REDUCE"] = (P().Call("collections", "OrderedDict", p => p.Call("collections", "OrderedDict", q => q.Call("os", "getcwd", _ => { }))).Stop(), "'os.getcwd'"),
        ["REDUCE on a string"] = (P().Text("os.system").Do(")R").Stop(), "REDUCE"),
        ["REDUCE on its own result"] = (P().Call("collections", "OrderedDict", _ => { }).Do(")R").Stop(), "REDUCE"),
        ["REDUCE without a tuple"] = (P().Global("collections", "OrderedDict").Do("]R").Stop(), "REDUCE"),
        ["REDUCE on a type"] = (P().Global("torch", "FloatStorage").Do(")R").Stop(), "'torch.FloatStorage'"),
        ["INST"] = (P().Do("(ios\nsystem\n").Stop(), "'os.system'"),
        ["OBJ"] = (P().Do("(").Global("collections", "OrderedDict").Do("o").Stop(), "'collections.OrderedDict'"),
        ["NEWOBJ of a storage"] = (P().Global("torch", "FloatStorage").Do(")").Raw(0x81).Stop(), "NEWOBJ"),
        ["NEWOBJ_EX"] = (P(4).Global("collections", "OrderedDict").Do(")}").Raw(0x92).Stop(), "'collections.OrderedDict'"),
        ["EXT1"] = (P().Raw(0x82, 1).Stop(), "EXT1"),
        ["EXT4"] = (P().Raw(0x84, 1, 0, 0, 0).Stop(), "EXT4"),
        ["NEXT_BUFFER"] = (P(5).Raw(0x97).Stop(), "NEXT_BUFFER"),
        ["PERSID"] = (P().Do("Pstorage\n").Stop(), "PERSID"),
        ["BUILD on a dict"] = (P().Do("}}b").Stop(), "BUILD"),
        ["BUILD on a tensor"] = (P().Plain().Do("}b").Stop(), "BUILD"),
        ["BUILD on a function"] = (P().Global("torch._utils", "_rebuild_tensor_v2").Do("}b").Stop(), "BUILD"),
        ["BUILD of an OrderedDict with a list"] = (P().Call("collections", "OrderedDict", _ => { }).Do("]b").Stop(), "BUILD"),
        ["a Namespace that is its own state"] = (P().Global("argparse", "Namespace").Do(")").Raw(0x81).Do("2b").Stop(), "BUILD"),
        ["rebuild with wrong arguments"] = (P().Call("torch._utils", "_rebuild_tensor_v2", p => p.Int(1)).Stop(), "with 1 arguments"),
        ["a codec that is not Latin-1"] = (P().Call("_codecs", "encode", p => p.Text("x").Text("rot13")).Stop(), "'_codecs.encode'"),
        ["bytes that are not Latin-1"] = (P().Call("_codecs", "encode", p => p.Text("\u0100").Text("latin1")).Stop(), "not Latin-1"),
        ["long bytes that are not Latin-1"] = (P().Call("_codecs", "encode", p => p.Text(new string('x', 70_000) + "\u0100").Text("latin1")).Stop(), "not Latin-1"),
        ["an OrderedDict of numbers"] = (P().Call("collections", "OrderedDict", p => p.Ints([1])).Stop(), "pairs"),
        ["a set of a number"] = (P().Call("builtins", "set", p => p.Int(1)).Stop(), "set"),

        // Beside a tensor, where what is not on the way to it is not read.
        ["a program beside a tensor"] = (P().Do("}(").Text("w").Plain().Text("x").Call("os", "system", p => p.Text("true")).Do("u").Stop(), "'os.system'"),
        ["a program that is called and forgotten"] = (P().Call("subprocess", "run", p => p.Text("true")).Do("0").Plain().Stop(), "'subprocess.run'"),
        ["a program in an object"] = (P().Do("}(").Text("w").Plain().Text("x").Global("a", "B").Do(")").Raw(0x81).Do("}").Text("f").Global("builtins", "exec").Do("sbu").Stop(), "'builtins.exec'"),
        ["a model as it is"] = (P().Global("my.net", "Net").Do(")").Raw(0x81).Do("}").Text("_parameters").Do("}").Text("w").Plain().Do("ssb").Stop(), "'my.net.Net'"),
        ["a tensor in an object"] = (Beside(p => p.Global("my.net", "Net").Do(")").Raw(0x81).Do("}").Text("w").Plain().Do("sb")), "'my.net.Net'"),
        ["a tensor in a call"] = (Beside(p => p.Call("my.net", "make", q => q.Plain())), "'my.net.make'"),
        ["a tensor in an object of an object"] = (Beside(p => p.Call("my", "outer", q => q.Do("](").Call("my", "inner", r => r.Plain()).Do("e"))), "'my.outer'"),
        ["a tensor among an object's elements"] = (Beside(p => p.Global("my", "List").Do(")").Raw(0x81).Do("(").Plain().Do("e")), "'my.List'"),
        ["a storage in a call"] = (Beside(p => p.Call("my", "rebuild", q => q.Storage("FloatStorage", "0", 4))), "'my.rebuild'"),
        ["a tensor below a tuple"] = (Beside(p => p.Do("}").Ints([1]).Plain().Do("s")), "as a key"),
        ["a tensor below an object"] = (Beside(p => p.Do("}").Call("pathlib", "PosixPath", q => q.Text("a")).Plain().Do("s")), "'pathlib.PosixPath' as a key"),
        ["a sparse tensor"] = (Beside(p => p.Call("torch._utils", "_rebuild_sparse_tensor", q => q.Plain())), "'torch._utils._rebuild_sparse_tensor'"),
        ["a tensor of a class of its own"] = (Beside(p => p.Call("torch", "Tensor", q => q.Plain())), "'torch.Tensor'"),
        ["a parameter of something opaque"] = (Beside(p => p.Call("torch._utils", "_rebuild_parameter", q => q.Call("my", "tensor", _ => { }).Raw(0x88).Do("}"))), "'my.tensor'"),
        ["a tensor of something opaque"] = (Beside(p => p.Call("torch._utils", "_rebuild_tensor_v2", q => q.Call("my", "storage", _ => { }).Int(0).Ints([4]).Ints([1]).Raw(0x89).Do("}"))), "'my.storage'"),
        ["a complex tensor"] = (Beside(p => p.Tensor("ComplexFloatStorage", "0", 2, 0, [2], [1])), "'torch.ComplexFloatStorage'"),
        ["a tensor of float8"] = (Beside(p => p.Call("torch._utils", "_rebuild_tensor_v3", q => q.Storage("FloatStorage", "0", 4).Int(0).Ints([4]).Ints([1]).Raw(0x89).Do("}").Global("torch", "float8_e4m3fn"))), "'torch.float8_e4m3fn'"),

        // Persistent ids.
        ["persistent id is a string"] = (P().Text("0").Do("Q").Stop(), "persistent id"),
        ["persistent id is short"] = (P().Do("(").Text("storage").Do("tQ").Stop(), "persistent id"),
        ["persistent id of a module"] = (P().Do("(").Text("module").Global("torch", "FloatStorage").Text("a.py").Text("source").Int(0).Do("tQ").Stop(), "persistent id"),
        ["persistent id without a type"] = (P().Do("(").Text("storage").Text("FloatStorage").Text("0").Text("cpu").Int(4).Do("tQ").Stop(), "no type"),
        ["persistent id with a negative size"] = (P().Storage("FloatStorage", "0", -4).Stop(), "number of elements"),
        ["persistent id with a huge size"] = (P().Storage("FloatStorage", "0", long.MaxValue).Stop(), "elements"),
        ["a storage of two types"] = (P().Do("(").Storage("FloatStorage", "0", 4).Storage("IntStorage", "0", 4).Do("t").Stop(), "in another"),
        ["a storage of two sizes"] = (P().Do("(").Storage("FloatStorage", "0", 4).Storage("FloatStorage", "0", 2).Do("t").Stop(), "in another"),
        ["a storage that is not there"] = (P().Tensor("FloatStorage", "1", 4, 0, [4], [1]).Stop(), "no storage '1'"),
        ["a storage named as a path"] = (P().Tensor("FloatStorage", "../../etc/passwd", 4, 0, [4], [1]).Stop(), "no storage"),
        ["a storage larger than its entry"] = (P().Tensor("FloatStorage", "0", 8, 0, [4], [1]).Stop(), "need 32"),
        ["a storage smaller than its entry"] = (P().Tensor("FloatStorage", "0", 2, 0, [2], [1]).Stop(), "need 8"),
        ["an unknown type of storage"] = (P().Tensor("ComplexFloatStorage", "0", 2, 0, [2], [1]).Stop(), "'torch.ComplexFloatStorage'"),
        ["a part beyond its storage"] = (P().Do("(").Text("storage").Global("torch", "FloatStorage").Text("0").Text("cpu").Int(4).Do("(").Text("v").Int(2).Int(3).Do("ttQ").Stop(), "does not lie"),

        // Views.
        ["negative dimension"] = (T(0, [-1], [1]), "-1 as a dimension"),
        ["negative stride"] = (T(3, [4], [-1]), "-1 as a stride"),
        ["negative offset"] = (T(-1, [4], [1]), "offset from 0"),
        ["offset beyond the storage"] = (T(1, [4], [1]), "does not lie"),
        ["stride beyond the storage"] = (T(0, [2], [4]), "does not lie"),
        ["an empty tensor beyond the storage"] = (T(5, [0], [1]), "does not lie"),
        ["dimensions overflow 64 bits"] = (T(0, [65536, 65536, 65536, 65536], [0, 0, 0, 0]), "larger than the file"),
        ["dimensions overflow 128 bits"] = (T(0, Max16, new long[16]), "larger than the file"),
        ["strides overflow 64 bits"] = (T(0, [int.MaxValue, int.MaxValue], [long.MaxValue, long.MaxValue]), "does not lie"),
        ["dimension beyond 31 bits"] = (T(0, [1L << 32], [0]), "as a dimension"),
        ["dimension beyond 64 bits"] = (P().Call("torch._utils", "_rebuild_tensor", p => p.Storage("FloatStorage", "0", 4).Int(0).Do("(").Raw(0x8A, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1).Do("t").Ints([1])).Stop(), "as a dimension"),
        ["repeats itself to 16 GiB"] = (T(0, [1 << 16, 1 << 16], [0, 0]), "larger than the file"),
        ["fewer strides than dimensions"] = (T(0, [2, 2], [1]), "as many strides"),
        ["17 dimensions"] = (T(0, [.. Enumerable.Repeat(1L, 17)], [.. Enumerable.Repeat(1L, 17)]), "17 dimensions"),
        ["a tensor of no storage"] = (P().Call("torch._utils", "_rebuild_tensor", p => p.Text("0").Int(0).Ints([1]).Ints([1])).Stop(), "a tensor in its pickle"),
        ["a size of strings"] = (P().Call("torch", "Size", p => p.Do("(").Text("a").Do("t")).Stop(), "size"),

        // NumPy.
        ["an array of objects"] = (P().Call("numpy", "dtype", p => p.Text("O8").Raw(0x89, 0x88)).Stop(), "'O8'"),
        ["a big-endian array"] = (P().Call("numpy", "dtype", p => p.Text("f4").Raw(0x89, 0x88)).Do("(").Int(3).Text(">").Do("NNN").Int(-1).Int(-1).Int(0).Do("tb").Stop(), "big-endian"),
        ["an array with fields"] = (P().Call("numpy", "dtype", p => p.Text("f4").Raw(0x89, 0x88)).Do("(").Int(3).Text("|").Do("N(").Text("a").Do("tNtb").Stop(), "NumPy type"),
        ["an array with too few bytes"] = (Array([1000, 1000], 4), "has 4 bytes"),
        ["an array whose size overflows"] = (Array(Max16, 4), "has 4 bytes"),
        ["an array with a negative dimension"] = (Array([-1], 4), "-1 as a dimension"),
        ["an array without a state"] = (P().Call("numpy.core.multiarray", "_reconstruct", p => p.Global("numpy", "ndarray").Ints([0]).Bytes("b"u8)).Stop(), "no state"),
        ["an array of another class"] = (P().Call("numpy.core.multiarray", "_reconstruct", p => p.Text("x").Ints([0]).Bytes("b"u8)).Stop(), "class"),
        ["a scalar with other bytes"] = (P().Call("numpy.core.multiarray", "scalar", p => p.Call("numpy", "dtype", q => q.Text("f8")).Bytes([1, 2])).Stop(), "scalar"),

        // The machine.
        ["empty"] = ([], "cut off"),
        ["no STOP"] = (P().Do("}").Stop()[..^1], "cut off"),
        ["STOP of nothing"] = (P().Stop(), "empty stack"),
        ["two values at the end"] = (P().Do("}}").Stop(), "left over"),
        ["bytes after STOP"] = ([.. P().Do("}").Stop(), 0], "follow the pickle"),
        ["an unknown instruction"] = (P().Raw(0xFF).Stop(), "0xFF"),
        ["protocol 6"] = (P(6).Do("}").Stop(), "protocol 6"),
        ["a frame beyond the end"] = (P(4).Counted((char)0x95, 8, 1 << 20).Do("}").Stop(), "cut off"),
        ["a frame of 2^63"] = (P(4).Counted((char)0x95, 8, long.MinValue).Do("}").Stop(), "9223372036854775808"),
        ["takes from an empty stack"] = (P().Do("0").Stop(), "empty stack"),
        ["takes from below a mark"] = (P().Do("}(0").Stop(), "empty stack"),
        ["a mark that is not there"] = (P().Do("}t").Stop(), "mark"),
        ["a memo that is not there"] = (P().Do("h").Raw(7).Stop(), "remembered"),
        ["a far memo"] = (P().Do("}").Counted('r', 4, 0xFFFFFFF0).Stop(), "remembers value"),
        ["a memo index that is no number"] = (P().Do("gabc\n").Stop(), "no number"),
        ["a key without a value"] = (P().Do("}(").Text("a").Do("u").Stop(), "without a value"),
        ["SETITEM on a list"] = (P().Do("]").Text("a").Text("b").Do("s").Stop(), "SETITEM"),
        ["APPEND on a dict"] = (P().Do("}").Text("a").Do("a").Stop(), "APPEND"),
        ["APPENDS on a tuple"] = (P().Do(")(").Text("a").Do("e").Stop(), "APPENDS"),
        ["a string longer than the file"] = (P().Counted('X', 4, 1000).Stop(), "1000 bytes"),
        ["a string of 4 GiB"] = (P().Counted('X', 4, 0xFFFFFFFF).Stop(), "4294967295"),
        ["a string of 2^64-1 bytes"] = (P(4).Counted((char)0x8D, 8, -1).Stop(), "18446744073709551615"),
        ["bytes of 2^63"] = (P(4).Counted((char)0x8E, 8, long.MinValue).Stop(), "9223372036854775808"),
        ["a string that does not end"] = (P().Do("S'abc").Stop(), "cut off"),
        ["a string with a lone quote"] = (P().Do("S'\n").Stop(), "not written"),
        ["a string with a wrong escape"] = (P().Do("S'\\x4'\n").Stop(), "not written"),
        ["text with a lone surrogate"] = (P().Do("V\\ud800\n").Stop(), "not written"),
        ["text that is not UTF-8"] = (P().Raw((byte)'X', 2, 0, 0, 0, 0xC3, 0x28).Stop(), "UTF-8"),
        ["a huge LONG4"] = (P().Counted((char)0x8B, 4, 1 << 20).Raw(new byte[1 << 20]).Stop(), "1048576 bytes"),
        ["a negative LONG4"] = (P().Counted((char)0x8B, 4, -1).Stop(), "4294967295"),
        ["a long decimal LONG"] = (P().Do("L" + new string('9', 5000) + "L\n").Stop(), "longer than 1000"),
        ["a LONG that is no number"] = (P().Do("Lxyz\n").Stop(), "no number"),
        ["a FLOAT that is no number"] = (P().Do("Fxyz\n").Stop(), "no number"),

        // Trees.
        ["10,000 marks"] = (P().Do(new string('(', 10_000)).Stop(), "nests deeper"),
        ["100,000 tuples in each other"] = (P().Do(")").Raw([.. Enumerable.Repeat((byte)0x85, 100_000)]).Stop(), ""),
        ["1,000 lists in each other"] = (P().Do(new string(']', 1000) + new string('a', 999)).Stop(), "nested deeper"),
        ["a list that contains itself"] = (P().Do("]q\0h\0a").Stop(), "contains itself"),
        ["a dict that contains itself twice"] = (P().Do("}q\0(").Text("a").Do("h\0").Text("b").Do("h\0u").Stop(), ""),
        ["a billion laughs"] = (Laughs(), "parts"),
        ["a billion laughs with a tensor"] = (Laughs(tensor: true), ""),
        ["two tensors with one name"] = (P().Do("}(").Text("a").Do("}").Text("b").Plain().Do("s").Text("a.b").Plain().Do("u").Stop(), "'a.b'"),
        ["two keys with one name"] = (P().Do("}(").Int(1).Plain().Text("1").Plain().Do("u").Stop(), "'1'"),
        ["a tuple as a key"] = (P().Do("}").Ints([1]).Plain().Do("s").Stop(), "as a key"),
        ["a name of 60,000 characters"] = (P().Do("}").Text(new string('n', 60_000)).Plain().Do("s").Stop(), "60001 characters"),

        // Memory.
        ["a million lists"] = (P().Do("(" + new string(']', 1_000_000) + "t").Stop(), "more memory"),
        ["a million dicts"] = (P().Do("(" + new string('}', 1_000_000) + "t").Stop(), "more memory"),
        ["a million memos"] = (P(4).Do("]").Raw([.. Enumerable.Repeat((byte)0x94, 1_000_000)]).Stop(), "more memory"),
        ["a million copies of a value"] = (P().Do("(]" + new string('2', 1_000_000) + "t").Stop(), "more memory"),
        ["a million floats"] = (P().Do("(" + string.Concat(Enumerable.Repeat("F1\n", 300_000)) + "t").Stop(), "more memory"),
        ["many sets of one long list"] = (P().Do("](" + new string('N', 60_000) + "eq\0(" + string.Concat(Enumerable.Repeat("c__builtin__\nset\nh\0\u0085R", 1000)) + "t").Stop(), "more memory"),
        ["many dicts filled from marks"] = (P().Do("(" + string.Concat(Enumerable.Repeat("(NNd", 200_000)) + "t").Stop(), "more memory"),
        ["a million opaque objects"] = (P().Do("(" + string.Concat(Enumerable.Repeat("ca\nB\n)R", 200_000)) + "t").Stop(), "more memory"),
        ["many opaque names"] = (P().Do("(" + string.Concat(Enumerable.Range(0, 100_000).Select(i => $"ca\n{i:x}\n")) + "t").Stop(), "more memory"),
        ["an opaque object with many states"] = (P().Do("(ca\nB\n)\u0081" + string.Concat(Enumerable.Repeat("Nb", 1_000_000)) + "t").Stop(), "more memory"),
        ["many globals"] = (P().Do("(" + string.Concat(Enumerable.Repeat("K\u0001\u0085\u0085", 200_000)) + "t").Stop(), "more memory"),
    };

    /// <summary>A pickle's archive.</summary>
    public static byte[] Zip(byte[] pickle) => TorchWriter.Zip(pickle, ("0", new byte[16])).ToBytes();

    private static PickleWriter P(byte protocol = 2) => new(protocol);

    private static byte[] Beside(Func<PickleWriter, PickleWriter> value)
    {
        var p = P().Do("}(").Text("w").Plain().Text("x");
        return value(p).Do("u").Stop();
    }

    private static byte[] T(long offset, long[] shape, long[] strides) => P().Tensor("FloatStorage", "0", 4, offset, shape, strides).Stop();

    private static byte[] Array(long[] shape, int bytes) => P().Call("numpy.core.multiarray", "_reconstruct", p => p.Global("numpy", "ndarray").Ints([0]).Bytes("b"u8))
        .Do("(").Int(1).Ints(shape).Call("numpy", "dtype", p => p.Text("f4").Raw(0x89, 0x88)).Raw(0x89).Bytes(new byte[bytes]).Do("tb").Stop();

    // 40 lists, each of ten times the one before.
    private static byte[] Laughs(bool tensor = false)
    {
        var p = P();
        (tensor ? p.Plain() : p.Text("lol")).Do("q\0");
        for (var i = 0; i < 40; i++)
        {
            p.Do("0](" + string.Concat(Enumerable.Repeat("h" + (char)i, 10)) + "eq" + (char)(i + 1));
        }

        return p.Stop();
    }
}
