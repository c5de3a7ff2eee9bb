using CsCheck;
using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Tests.Files.Storage;

namespace DiffusionSharp.Tests.Files.Numpy;

public class ArrayWriterTests
{
    private static readonly float[] Values = [.. Enumerable.Range(0, 24).Select(i => i / 7f)];

    [Theory]
    [InlineData("a.npy")]
    [InlineData("a.NPZ")]
    public void Parts_are_the_file_that_the_whole_is(string name)
    {
        using var folder = new TemporaryFolder();
        ArrayFile.Write(folder["whole" + name], new HostTensor([4, 2, 3], Values));
        Gen.Int[0, 24].Array[0, 5].Sample(
            cuts =>
            {
                using (var file = ArrayWriter.Create(folder[name], TensorDtype.F32, [4, 2, 3]))
                {
                    int[] ends = [0, .. cuts.Order(), 24];
                    foreach (var (from, to) in ends.Zip(ends.Skip(1)))
                    {
                        file.Write<float>(Values.AsSpan(from..to));
                    }

                    file.Commit();
                }

                Assert.Equal(File.ReadAllBytes(folder["whole" + name]), File.ReadAllBytes(folder[name]));
            },
            iter: 20);
        var read = ArrayFile.Read(folder[name]);
        Assert.Equal([4, 2, 3], read.Shape);
        Assert.Equal(Values, read.To<float>());
    }

    [Fact]
    public void Further_arrays_follow_in_an_npz()
    {
        using var folder = new TemporaryFolder();
        using (var file = ArrayWriter.Create(folder["a.npz"], TensorDtype.U8, [2, 2]))
        {
            file.Write<byte>([1, 2, 3, 4]);
            file.Add(NpyArray.Create<long>([2], [7L, 8L]));
            file.Add(NpyArray.Create<long>([1], [9L]));
            file.Commit();
        }

        using var npz = NpzFile.Open(folder["a.npz"]);
        Assert.Equal(["arr_0", "arr_1", "arr_2"], npz.Names);
        Assert.Equal([1, 2, 3, 4], npz.Read("arr_0").Bytes.ToArray());
        Assert.Equal([7L, 8L], npz.Read("arr_1").To<long>());
        Assert.Equal([9L], npz.Read("arr_2").To<long>());
    }

    [Theory]
    [InlineData("a.npy")]
    [InlineData("a.npz")]
    public void Until_it_is_committed_the_old_file_stays(string name)
    {
        using var folder = new TemporaryFolder();
        ArrayFile.Write(folder[name], new HostTensor([1], [5f]));
        using (var file = ArrayWriter.Create(folder[name], TensorDtype.F32, [3]))
        {
            file.Write<float>([1, 2]);
            Assert.Throws<ArgumentException>(() => file.Write<float>([3, 4]));
            Assert.Throws<InvalidOperationException>(file.Commit);
        }

        Assert.Equal([5f], ArrayFile.Read(folder[name]).To<float>());
        Assert.Single(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void An_npy_file_holds_one_array()
    {
        using var folder = new TemporaryFolder();
        using var file = ArrayWriter.Create(folder["a.npy"], TensorDtype.F32, [0]);
        Assert.Throws<InvalidOperationException>(() => file.Add(NpyArray.Create<long>([1], [9L])));
    }

    [Fact]
    public void What_cannot_be_written_is_a_storage_error()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["file"], "");
        var e = Assert.Throws<DiffusionException>(() => ArrayWriter.Create(folder["file/a.npy"], TensorDtype.F32, [1]));
        Assert.Equal(ErrorKind.Storage, e.Kind);
        Assert.Contains(folder["file/a.npy"], e.Message, StringComparison.Ordinal);
    }
}
