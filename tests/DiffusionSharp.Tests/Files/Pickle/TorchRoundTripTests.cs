using CsCheck;
using DiffusionSharp.Files;
using DiffusionSharp.Files.Pickle;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Tests.Files.Kit;
using TestKit.Files;

namespace DiffusionSharp.Tests.Files.Pickle;

/// <summary>Random state dicts through every container: every type, views of every kind, shared storages.</summary>
public class TorchRoundTripTests
{
    private static readonly Gen<TorchDict> Dicts =
        from types in Gen.Enum<TensorDtype>().Array[1, 6]
        from lengths in Gen.Int[0, 60].Array[types.Length]
        from seed in Gen.Int
        from views in Gen.Int[0, 10]
        select Make(types, lengths, new Random(seed), views);

    [Fact]
    public void Any_state_dict_comes_out_of_every_container_as_it_went_in() => Dicts.Sample(
        dict =>
        {
            foreach (var bytes in new[] { TorchWriter.Zip(dict), TorchWriter.Legacy(dict), TorchWriter.Safetensors(dict) })
            {
                using var file = TensorFiles.Read(FileBytes.FromMemory("m", bytes));
                Assert.Equal(dict.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal), file.Tensors.Keys.Order(StringComparer.Ordinal));
                foreach (var t in dict.Tensors)
                {
                    Assert.Equal(dict.Storage(t.Key).Dtype, file.Tensors[t.Name].Dtype);
                    Assert.Equal(t.Shape, file.Tensors[t.Name].Shape);
                    Assert.Equal(t.Elements(dict.Storage(t.Key)), file.ReadBytes(t.Name));
                }

                Assert.Equal(file.Container == TensorContainer.TorchZip, file.Verify(cancellationToken: TestContext.Current.CancellationToken) > 0);
            }
        },
        iter: 400);

    [Fact]
    public void A_wrong_byte_in_a_storage_opens_and_does_not_verify()
    {
        var bytes = TorchWriter.Zip(new PickleWriter().Plain().Stop(), ("0", Enumerable.Repeat((byte)0xAB, 16).ToArray())).ToBytes();
        using (var whole = TensorFiles.Read(FileBytes.FromMemory("m", bytes)))
        {
            var done = new List<double>();
            Assert.True(whole.Verify(new SynchronousProgress<double>(done.Add), TestContext.Current.CancellationToken) > 16);
            Assert.Equal(1, done[^1]);
            Assert.Throws<OperationCanceledException>(() => whole.Verify(null, new CancellationToken(canceled: true)));
        }

        bytes[bytes.AsSpan().IndexOf((byte)0xAB) + 3] = 0xAC;
        using var damaged = TensorFiles.Read(FileBytes.FromMemory("m", bytes));
        Assert.Contains("archive/data/0", Assert.Throws<DiffusionException>(() => damaged.Verify(cancellationToken: TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parts_of_storages_in_old_files_are_read()
    {
        // Before PyTorch 0.4 a view had a storage of its own: a part (key, offset, elements) of another.
        var pickle = new PickleWriter().Call("torch._utils", "_rebuild_tensor", p => p
            .Do("(").Text("storage").Global("torch", "ShortStorage").Text("7").Text("cpu").Int(6).Do("(").Text("v").Int(2).Int(4).Do("ttQ").Int(1).Ints([3]).Ints([1])).Stop();
        byte[] data = [0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0];
        using var file = TensorFiles.Read(FileBytes.FromMemory("m", TorchWriter.Legacy(pickle, ("7", 6, data))));
        Assert.Equal([3f, 4f, 5f], file.ReadFloat32("tensor", allowIntegers: true).Data);
    }

    [Fact]
    public void Untyped_storages_take_the_type_of_their_tensor()
    {
        var pickle = new PickleWriter().Call("torch._utils", "_rebuild_tensor_v3", p => p
            .Do("(").Text("storage").Global("torch.storage", "UntypedStorage").Text("0").Text("cpu").Int(8).Do("tQ")
            .Int(1).Ints([3]).Ints([1]).Raw(0x89).Call("collections", "OrderedDict", _ => { }).Global("torch", "bfloat16")).Stop();
        using var file = TensorFiles.Read(FileBytes.FromMemory("m", TorchWriter.Zip(pickle, ("0", [1, 1, 0x80, 0x3F, 0, 0x40, 0x40, 0x40])).ToBytes()));
        Assert.Equal([1f, 2f, 3f], file.ReadFloat32("tensor").Data);
    }

    [Fact]
    public void A_namespace_and_other_objects_of_nothing_but_values_are_read()
    {
        var pickle = new PickleWriter().Do("}(")
            .Text("args").Global("argparse", "Namespace").Do(")").Raw(0x81).Do("}").Text("lr").Raw((byte)'G', 0x3F, 0xF0, 0, 0, 0, 0, 0, 0).Do("sb")
            .Text("d").Call("collections", "defaultdict", p => p.Global("__builtin__", "list")).Text("k").Int(3).Do("s")
            .Text("long").Raw(0x8B, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)
            .Text("old").Do("I01\n").Text("older").Do("L12L\n").Text("f").Do("F2.5\n").Text("s").Do("S'a\\x62\\n'\n").Text("u").Do("V\\u00e9\n").Do("u").Stop();
        using var file = TensorFiles.Read(FileBytes.FromMemory("m", TorchWriter.Zip(pickle).ToBytes()));
        Assert.Equal("1", file.Values["args.lr"]);
        Assert.Equal("3", file.Values["d.k"]);
        Assert.Equal("18446744073709551616", file.Values["long"]);
        Assert.Equal(["True", "12", "2.5", "ab?", "é"], new[] { "old", "older", "f", "s", "u" }.Select(n => file.Values[n]));
    }

    [Fact]
    public void A_checkpoint_of_2000_tiny_tensors_is_no_bomb()
    {
        var storages = Enumerable.Range(0, 2000).Select(i => new TorchStorage($"{i}", TensorDtype.F32, [0, 0, 0, 0])).ToArray();
        var dict = new TorchDict(storages, [.. storages.Select((s, i) => new TorchSample($"down_blocks.1.resnets.{i}.time_emb_proj.weight", s.Key, 0, [1], [1]))]);
        Assert.Null(Refusal.Open(TorchWriter.Zip(dict), "zip"));
        Assert.Null(Refusal.Open(TorchWriter.Legacy(dict), "legacy"));
        Assert.Null(Refusal.Open(TorchWriter.Safetensors(dict), "safetensors"));
    }

    [Fact]
    public void A_batch_of_CIFAR_10_as_Python_2_wrote_it_is_read()
    {
        // 100 images: more bytes than are kept in memory with the tree.
        using var file = PickleFile.Read(FileBytes.FromMemory("m", ValidFiles.CifarBatch(100)));
        var batch = Assert.IsType<PickleValue.Map>(file.Root);
        var data = Assert.IsType<PickleValue.Tensor>(batch.Find("data"));
        Assert.Equal(TensorDtype.U8, data.Dtype);
        Assert.Equal([100, 3072], data.Shape);
        Assert.Equal(ValidFiles.Pixels(100), file.ReadBytes(data));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => i % 10L), Assert.IsType<PickleValue.Sequence>(batch.Find("labels")).Items.Select(l => ((PickleValue.Integer)l).Value));
        Assert.Equal("leptodactylus_pentadactylus_s_000099.png", Assert.IsType<PickleValue.Sequence>(batch.Find("filenames")).Items[^1].AsText());
        Assert.Null(batch.Find("fine_labels"));
    }

    private static TorchDict Make(TensorDtype[] types, int[] lengths, Random random, int views)
    {
        var storages = types.Select((dtype, i) =>
        {
            var bytes = new byte[lengths[i] * TensorInfo.ElementSize(dtype)];
            random.NextBytes(bytes);
            return new TorchStorage($"{i + 10}", dtype, bytes);
        }).ToArray();
        return new TorchDict(storages, [.. storages.Select((s, i) => View($"s{i}", s, random)), .. Enumerable.Range(0, views).Select(i => View($"v{i}.weight", storages[random.Next(storages.Length)], random))]);
    }

    // Dimensions and strides (0 among them) as long as they stay inside; often transposed.
    private static TorchSample View(string name, TorchStorage storage, Random random)
    {
        var offset = random.NextInt64(storage.Elements + 1);
        var (shape, strides, last) = (new List<int>(), new List<long>(), offset);
        for (var n = random.Next(5); n > 0; n--)
        {
            var (d, s) = (random.Next(8) == 0 ? 0 : random.Next(1, 6), random.Next(4) == 0 ? 0L : random.Next(1, 8));
            if (last + ((d - 1) * s) < storage.Elements || d == 0)
            {
                last += Math.Max(0, (d - 1) * s);
                shape.Add(d);
                strides.Add(s);
            }
        }

        if (offset == storage.Elements && !shape.Contains(0))
        {
            shape.Insert(0, 0);
            strides.Insert(0, 1);
        }

        // Repeats may not be larger than the file; these small ones never are.
        return new TorchSample(name, storage.Key, offset, [.. shape], [.. strides]) { IsParameter = random.Next(3) == 0 };
    }
}
