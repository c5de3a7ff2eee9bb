using System.Text;

namespace DiffusionSharp.Imaging.Tests.Data;

public class CifarPythonTests
{
    [Fact]
    public void Batches_are_read_with_their_names()
    {
        using var folder = new TempFolder();
        folder.Write("cifar-10-batches-py/data_batch_1", Batch([1, 0], 2));
        folder.Write("cifar-10-batches-py/data_batch_2", Batch([2], 1));
        folder.Write("cifar-10-batches-py/test_batch", Batch([0], 1));
        folder.Write("cifar-10-batches-py/batches.meta", Pickle("}(U\u000blabel_names](U\u0003catU\u0003dogU\u0003eeleu."));
        using var source = TestData.Open(folder.Path("cifar-10-batches-py"));
        Assert.Equal(new ImageShape(3, 32, 32), source.Shape);
        Assert.Equal(["cat", "dog", "eel"], source.ClassNames);
        var pixels = new byte[3072];
        Assert.Equal([1, 0, 2], Enumerable.Range(0, 3).Select(i => source.ReadStored(i, pixels)));

        // The element k of image i of a batch is 7·i + k mod 251, in the order of the network's planes.
        source.ReadStored(1, pixels);
        Assert.Equal(Enumerable.Range(0, 3072).Select(k => (byte)((7 + k) % 251)), pixels);
        var report = TestData.Check(folder.Path("cifar-10-batches-py/data_batch_1"));
        Assert.Equal(("CIFAR (Python)", 2L, 1L), (report.Kind, report.Images, report.Classes["dog"]));
    }

    [Fact]
    public void CIFAR100_has_fine_labels()
    {
        using var folder = new TempFolder();
        folder.Write("train", Batch([99, 3], 2, "fine_labels"));
        folder.Write("meta", Pickle("}(U\u0005otherK\u0001u."));
        using var source = TestData.Open(folder.Root);
        Assert.Equal(100, source.ClassNames.Count);
        Assert.Equal(99, source.ReadStored(0, new byte[3072]));
    }

    [Fact]
    public void Images_are_read_whatever_their_labels()
    {
        using var folder = new TempFolder();
        TestData.AssertNoClasses("no list of 2 whole numbers", folder.Write("data_batch_1", Batch([1], 2)));
        folder.Write("data_batch_2", Batch([1, 0], 2, "names"));
        folder.Write("data_batch_1", Batch([2], 1));
        using var source = TestData.Open(folder.Root);
        Assert.Equal([2, -1, -1], Enumerable.Range(0, 3).Select(i => source.ReadStored(i, new byte[3072])));
    }

    [Fact]
    public void What_is_no_batch_is_refused()
    {
        using var folder = new TempFolder();
        Refused("os.system", Pickle("cos\nsystem\n(U\u0002lstR."));
        Refused("no 'data'", Pickle("}(U\u0001aK\u0001u."));
        var valid = Batch([1, 0], 2);
        for (var length = 2; length < valid.Length; length += 97)
        {
            Refused("data_batch_1", valid[..length]);
        }

        void Refused(string reason, byte[] bytes)
        {
            folder.Write("data_batch_1", bytes);
            var e = Assert.Throws<DiffusionException>(() => TestData.Open(folder.Root));
            Assert.Equal(ErrorKind.Data, e.Kind);
            Assert.Contains(reason, e.Message, StringComparison.Ordinal);
            Assert.Contains("data_batch_1", e.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>A batch opcode by opcode, as Python 2's cPickle of protocol 2 writes it.</summary>
    internal static byte[] Batch(byte[] labels, int images, string labelKey = "labels")
    {
        using var pickle = new MemoryStream();
        Write("\u0080\u0002}(U\u0004datacnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\u0000tU\u0001btR(K\u0001");
        Write($"(K{(char)images}M\u0000\u000ct");
        Write("cnumpy\ndtype\n(U\u0002u1K\u0000K\u0001tR(K\u0003U\u0001|NNNJ\u00ff\u00ff\u00ff\u00ffJ\u00ff\u00ff\u00ff\u00ffK\u0000tb\u0089T");
        pickle.Write(BitConverter.GetBytes(images * 3072));
        pickle.Write([.. Enumerable.Range(0, images * 3072).Select(k => (byte)(((7 * (k / 3072)) + (k % 3072)) % 251))]);
        Write($"tbU{(char)labelKey.Length}{labelKey}](");
        foreach (var label in labels)
        {
            Write($"K{(char)label}");
        }

        Write("eu.");
        return pickle.ToArray();

        void Write(string latin1) => pickle.Write(Encoding.Latin1.GetBytes(latin1));
    }

    private static byte[] Pickle(string latin1) => [0x80, 2, .. Encoding.Latin1.GetBytes(latin1)];
}
