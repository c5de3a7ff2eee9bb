using DiffusionSharp.Files;
using DiffusionSharp.Files.Pickle;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Tests.Files.Kit;
using TestKit.Files;

namespace DiffusionSharp.Tests.Files.Pickle;

/// <summary>What people keep beside their weights: it closes no file, it is listed by name, and nothing ever calls it.</summary>
public class OpaqueTests
{
    public static TheoryData<string, string> Values => new(Beside.Keys.Select(k => (k, Beside[k].Names)));

    // As Python 3 writes each, and what it names.
    private static readonly Dictionary<string, (Func<PickleWriter, PickleWriter> Write, string Names)> Beside = new()
    {
        ["a Counter"] = (p => p.Call("collections", "Counter", q => q.Do("}(").Int(30).Int(1).Do("u")), "collections.Counter"),
        ["a path"] = (p => p.Call("pathlib", "PosixPath", q => q.Text("/").Text("data")), "pathlib.PosixPath"),
        ["NumPy's random state"] = (
            p => p.Do("(").Text("MT19937").Call("numpy.core.multiarray", "_reconstruct", q => q.Global("numpy", "ndarray").Ints([0]).Bytes("b"u8))
                .Do("(").Int(1).Ints([3]).Call("numpy", "dtype", q => q.Text("u4").Raw(0x89, 0x88)).Do("q\u0009(").Int(3).Text("<").Do("NNN").Int(-1).Int(-1).Int(0).Do("tb").Raw(0x89)
                .Bytes(new byte[12]).Do("tb").Int(624).Int(0).Do("t"),
            ""),
        ["NumPy's generator"] = (p => p.Call("numpy.random._pickle", "__generator_ctor", q => q.Text("PCG64")).Do("}").Text("has_uint32").Int(0).Do("sb"), "numpy.random._pickle.__generator_ctor"),
        ["an array of objects"] = (
            p => p.Call("numpy.core.multiarray", "_reconstruct", q => q.Global("numpy", "ndarray").Ints([0]).Bytes("b"u8))
                .Do("(").Int(1).Ints([1]).Call("numpy", "dtype", q => q.Text("O8").Raw(0x89, 0x88)).Do("(").Int(3).Text("|").Do("NNN").Int(-1).Int(-1).Int(63).Do("tb").Raw(0x89).Do("]Natb"),
            ""),
        ["a big-endian array"] = (
            p => p.Call("numpy.core.multiarray", "_reconstruct", q => q.Global("numpy", "ndarray").Ints([0]).Bytes("b"u8))
                .Do("(").Int(1).Ints([1]).Call("numpy", "dtype", q => q.Text("f4").Raw(0x89, 0x88)).Do("(").Int(3).Text(">").Do("NNN").Int(-1).Int(-1).Int(0).Do("tb").Raw(0x89).Bytes(new byte[4]).Do("tb"),
            ""),
        ["a scalar of text"] = (p => p.Call("numpy.core.multiarray", "scalar", q => q.Call("numpy", "dtype", r => r.Text("U2").Raw(0x89, 0x88)).Bytes(new byte[8])), ""),
        ["a Namespace of objects"] = (p => p.Global("argparse", "Namespace").Do(")").Raw(0x81).Do("}(").Text("seed").Int(7).Text("out").Call("pathlib", "PosixPath", q => q.Text("o")).Do("ub"), "pathlib.PosixPath"),
        ["callbacks by their class"] = (p => p.Do("}").Global("pytorch_lightning.callbacks.model_checkpoint", "ModelCheckpoint").Do("}").Text("best_model_score").Plain().Do("ss"), "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint"),
        ["an object that contains itself"] = (p => p.Global("my", "Trainer").Do(")").Raw(0x81).Do("q\u0008}(").Text("self").Do("h\u0008").Text("all").Do("]h\u0008aub"), "my.Trainer"),
        ["a member of an enumeration"] = (p => p.Call("builtins", "getattr", q => q.Global("my", "Stage").Text("FIT")), "builtins.getattr my.Stage"),
        ["an object made with keywords"] = (p => p.Global("my", "Keyword").Do(")}").Raw(0x92), "my.Keyword"),
        ["objects of Python 2"] = (p => p.Do("((imy\nOld\n(").Global("my", "Older").Do("ot"), "my.Old my.Older"),
        ["a deque"] = (p => p.Call("collections", "deque", q => q.Do("]").Int(5)).Do("(").Int(1).Int(2).Do("e"), "collections.deque"),
        ["a subclass of dict"] = (p => p.Global("my", "Config").Do(")").Raw(0x81).Do("(").Text("a").Int(1).Do("u"), "my.Config"),
        ["a set of objects"] = (p => p.Call("__builtin__", "set", q => q.Do("](").Global("my", "A").Global("my", "B").Do("e")), "my.A my.B"),
        ["keys that are no text"] = (p => p.Do("}(").Ints([1, 2]).Text("a").Call("pathlib", "PosixPath", q => q.Text("o")).Int(3).Do("u"), "pathlib.PosixPath"),
        ["what is called once more"] = (p => p.Call("functools", "partial", q => q.Global("my", "f")).Do(")R"), "functools.partial my.f"),
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void What_lies_beside_a_tensor_is_not_read_and_listed(string what, string names)
    {
        foreach (var legacy in (bool[])[false, true])
        {
            var p = new PickleWriter().Do("}(").Text("w").Tensor("FloatStorage", "0", 4, 0, [4], [1], legacy).Text("x");
            var pickle = (legacy && what == "callbacks by their class" ? p.Do("}") : Beside[what].Write(p)).Text("epoch").Int(3).Do("u").Stop();
            var file = legacy ? TorchWriter.Legacy(pickle, ("0", 4, new byte[16])) : HostilePickles.Zip(pickle);
            Assert.Null(Refusal.Open(file, what, f =>
            {
                Assert.Equal([0f, 0, 0, 0], f.ReadFloat32("w").Data);
                Assert.Equal("3", f.Values["epoch"]);
                Assert.True(legacy && what == "callbacks by their class" || f.UnreadNames.SequenceEqual(names.Split(' ', StringSplitOptions.RemoveEmptyEntries)), string.Join(' ', f.UnreadNames));
            }));
        }
    }

    [Fact]
    public void Where_it_lies_is_said_and_what_is_known_around_it_is_read()
    {
        using var file = Open("a Namespace of objects");
        Assert.Equal(("7", "(pathlib.PosixPath, not read)"), (file.Values["x.seed"], file.Values["x.out"]));
        using var callbacks = Open("callbacks by their class");
        Assert.Contains("x.pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint.best_model_score", callbacks.Tensors.Keys);
    }

    // Shared a billion times, and containing themselves: each is looked at once.
    [Fact]
    public void What_is_not_read_may_be_as_tangled_as_it_likes()
    {
        var p = new PickleWriter().Do("}(").Text("w").Plain().Text("x").Global("my", "Laughs").Do("(").Text("lol").Do("q\0");
        for (var i = 0; i < 40; i++)
        {
            p.Do("0](" + string.Concat(Enumerable.Repeat("h" + (char)i, 10)) + "eq" + (char)(i + 1));
        }

        Assert.Null(Refusal.Open(HostilePickles.Zip(p.Do("tRu").Stop()), "laughs"));
    }

    [Theory]
    [InlineData("a Counter", "'collections.Counter'")]
    [InlineData("NumPy's random state", "'u4'")]
    [InlineData("an object made with keywords", "'my.Keyword'")]
    public void A_plain_pickle_is_all_data_and_refuses_it(string what, string name)
    {
        var e = Assert.Throws<DiffusionException>(() => PickleFile.Read(FileBytes.FromMemory(Refusal.Path, Beside[what].Write(new PickleWriter()).Stop())));
        Assert.Equal(ErrorKind.ModelFile, e.Kind);
        Assert.Contains(name, e.Message, StringComparison.Ordinal);
    }

    private static TensorFile Open(string what) => TensorFiles.Read(FileBytes.FromMemory(
        Refusal.Path, HostilePickles.Zip(Beside[what].Write(new PickleWriter().Do("}(").Text("w").Plain().Text("x")).Do("u").Stop())));
}
