using System.IO.Compression;
using System.Text;
using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Imaging.Data;
using SkiaSharp;

namespace DiffusionSharp.Imaging.Tests.Data;

/// <summary>STL-10, .npz and dataset.json.</summary>
public class FieldFormatsTests
{
    [Fact]
    public void STL10_is_read_column_by_column_with_its_names()
    {
        using var folder = new TempFolder();

        // Two images; pixel (row y, column x) of channel c lies at c·9216 + 96·x + y.
        var bytes = new byte[2 * 27648];
        foreach (var (image, c, y, x, value) in new[] { (0, 0, 5, 7, 11), (0, 2, 95, 0, 12), (1, 1, 0, 95, 13) })
        {
            bytes[(image * 27648) + (c * 9216) + (96 * x) + y] = (byte)value;
        }

        folder.Write("train_X.bin", bytes);
        folder.Write("unlabeled_X.bin", bytes[..27648]);
        folder.Write("train_y.bin", [2, 1]);
        folder.Write("class_names.txt", "airplane\nbird\n"u8.ToArray());
        using var source = TestData.Open(folder.Root);
        Assert.Equal(new ImageShape(3, 96, 96), source.Shape);
        Assert.Equal(["airplane", "bird"], source.ClassNames);
        var pixels = new byte[27648];
        Assert.Equal(1, source.ReadStored(0, pixels));
        Assert.Equal((11, 12), (pixels[(5 * 96) + 7], pixels[(2 * 9216) + (95 * 96)]));
        Assert.Equal(23, pixels.Sum(p => p));
        Assert.Equal(0, source.ReadStored(1, pixels));
        Assert.Equal(13, pixels[9216 + 95]);

        using var unlabeled = TestData.Open(folder.Path("unlabeled_X.bin"));
        Assert.Equal(1, unlabeled.ImagesPerEpoch);
        Assert.Empty(unlabeled.ClassNames);
        var report = TestData.Check(folder.Root);
        Assert.Equal(("STL-10", 2L, 1L), (report.Kind, report.Images, report.Classes["bird"]));
    }

    [Fact]
    public void Bad_STL10_labels_make_no_classes()
    {
        using var folder = new TempFolder();
        var path = folder.Write("train_X.bin", new byte[2 * 27648]);
        folder.Write("train_y.bin", [1]);
        TestData.AssertNoClasses("1 labels found, 2 expected", path);
        folder.Write("train_y.bin", [1, 0]);
        TestData.AssertNoClasses("label is 0", path);
        folder.Write("train_X.bin", new byte[27649]);
        AssertFails("no whole number", () => TestData.Open(folder.Root));
    }

    [Fact]
    public void An_archive_of_samples_is_a_data_set()
    {
        using var folder = new TempFolder();
        byte[] pixels = [.. Enumerable.Range(0, 2 * 8 * 8 * 3).Select(i => (byte)i)];
        NpzFile.Write(folder.Path("x.npz"), KeyValuePair.Create("arr_0", NpyArray.Create<byte>([2, 8, 8, 3], pixels)), KeyValuePair.Create("arr_1", NpyArray.Create<long>([2], [3, 0])));
        using var source = TestData.Open(folder.Path("x.npz"));
        Assert.Equal(new ImageShape(3, 8, 8), source.Shape);
        Assert.Equal(["0", "1", "2", "3"], source.ClassNames);
        var image = new byte[192];
        Assert.Equal(3, source.ReadStored(0, image));
        Assert.Equal([0, 3, 1], new[] { image[0], image[1], image[64] });
        Assert.Equal("npz", TestData.Check(folder.Path("x.npz")).Kind);

        NpzFile.Write(folder.Path("grey.npz"), KeyValuePair.Create("arr_0", NpyArray.Create<byte>([1, 8, 8, 1], pixels.AsSpan(0, 64))));
        using var grey = TestData.Open(folder.Path("grey.npz"));
        Assert.Equal(1, grey.Shape.Channels);
        Assert.Empty(grey.ClassNames);

        NpzFile.Write(folder.Path("f.npz"), KeyValuePair.Create("arr_0", NpyArray.Create<float>([1, 8, 8, 3], new float[192])));
        AssertFails("arr_0 is F32 [1, 8, 8, 3]", () => TestData.Open(folder.Path("f.npz")));
        NpzFile.Write(folder.Path("g.npz"), KeyValuePair.Create("x", NpyArray.Create<float>([1], [1])));
        AssertFails("no array 'arr_0' (it has x)", () => TestData.Open(folder.Path("g.npz")));
        NpzFile.Write(folder.Path("l.npz"), KeyValuePair.Create("arr_0", NpyArray.Create<byte>([2, 8, 8, 3], pixels)), KeyValuePair.Create("arr_1", NpyArray.Create<long>([2], [3, -1])));
        using var some = TestData.Open(folder.Path("l.npz"));
        Assert.Equal([3, -1], new[] { some.ReadStored(0, image), some.ReadStored(1, image) });
        NpzFile.Write(folder.Path("m.npz"), KeyValuePair.Create("arr_0", NpyArray.Create<byte>([2, 8, 8, 3], pixels)), KeyValuePair.Create("arr_1", NpyArray.Create<float>([2], [3, 1])));
        TestData.AssertNoClasses("arr_1 is F32 [2]; 2 whole numbers", folder.Path("m.npz"));
        NpzFile.Write(folder.Path("n.npz"), KeyValuePair.Create("arr_0", NpyArray.Create<byte>([2, 8, 8, 3], pixels)), KeyValuePair.Create("arr_1", NpyArray.Create<long>([3], [3, 1, 2])));
        TestData.AssertNoClasses("arr_1 is I64 [3]", folder.Path("n.npz"));
    }

    [Fact]
    public void Packed_zeros_may_not_claim_to_be_any_number_of_images()
    {
        using var folder = new TempFolder();
        byte[] header = [0, 0, 8, 3, .. Fixtures.BigEndian(9_000_000), .. Fixtures.BigEndian(1), .. Fixtures.BigEndian(1)];
        AssertFails("9000000 images in", () => TestData.Open(folder.Write("x-images-idx3.gz", Archive.Gzip(header))));
        using (var zip = ZipFile.Open(folder.Path("x.npz"), ZipArchiveMode.Create))
        using (var stream = zip.CreateEntry("arr_0.npy", CompressionLevel.Fastest).Open())
        {
            NpyFormatHeader(stream, 9_000_000);
            stream.Write(new byte[9_000_000]);
        }

        AssertFails("9000000 images in", () => TestData.Open(folder.Path("x.npz")));

        static void NpyFormatHeader(Stream stream, int count)
        {
            var text = $"{{'descr': '|u1', 'fortran_order': False, 'shape': ({count}, 1, 1, 1), }}".PadRight(117) + "\n";
            stream.Write([0x93, .. "NUMPY"u8, 1, 0, 118, 0, .. Encoding.ASCII.GetBytes(text)]);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Labels_are_read_from_dataset_JSON(bool zipped)
    {
        using var folder = new TempFolder();
        folder.Write("in/00000/img00000000.png", Fixtures.Flat(4, 4, SKColors.Red));
        folder.Write("in/00000/img00000001.png", Fixtures.Flat(4, 4, SKColors.Lime));
        folder.Write("in/00001/img00000002.png", Fixtures.Flat(4, 4, SKColors.Blue));
        var path = Labelled("""{"labels": [["00000/img00000001.png", 1], ["00000/img00000000.png", 6], ["00001/img00000002.png", 1]]}""");
        using (var source = Open())
        {
            Assert.Equal(["0", "1", "2", "3", "4", "5", "6"], source.ClassNames);
            var pixels = new byte[48];
            Assert.Equal([6, 1, 1], Enumerable.Range(0, 3).Select(i => source.ReadStored(i, pixels)));
        }

        Assert.Equal([2L, 1L], TestData.Check(path).Classes.Values);
        path = Labelled("""{"labels": null}""");
        using (var source = Open())
        {
            Assert.Empty(source.ClassNames);
        }

        path = Labelled("""{"made": "by somebody else"}""");
        using (var source = Open())
        {
            Assert.Equal(["00000", "00001"], source.ClassNames);
        }

        path = Labelled("""{"labels": [["00000/img00000001.png", 1], ["00000/img00000000.png", -1]]}""");
        using (var source = Open())
        {
            Assert.Equal([-1, 1, -1], Enumerable.Range(0, 3).Select(i => source.ReadStored(i, new byte[48])));
        }

        path = Labelled("""{"labels": [["00000/img00000001.png", "owl"], ["00000/img00000000.png", null], ["00001/img00000002.png", "elk"]]}""");
        using (var source = Open())
        {
            Assert.Equal(["elk", "owl"], source.ClassNames);
            Assert.Equal([-1, 1, 0], Enumerable.Range(0, 3).Select(i => source.ReadStored(i, new byte[48])));
        }

        NoClasses("[0.5, 1]; the number or the name of one class", """{"labels": [["00000/img00000001.png", [0.5, 1]]]}""");
        NoClasses("none is of an image that is there", """{"labels": [["elsewhere.png", 1]]}""");
        NoClasses("among names", """{"labels": [["00000/img00000001.png", "owl"], ["00000/img00000000.png", 3]]}""");
        NoClasses("dataset.json", """{"labels": [7]}""");
        NoClasses("dataset.json", """{"labels": """);
        NoClasses(zipped ? "more than the limit" : "dataset.json", """{"labels": [""" + new string(' ', 2 << 20));

        void NoClasses(string reason, string json)
        {
            path = Labelled(json);
            TestData.AssertNoClasses(reason, path, new DataOptions().WithSize(4));
        }

        ImageBatchSource Open() => TestData.Open(path, new DataOptions().WithSize(4));

        string Labelled(string json)
        {
            folder.Write("in/dataset.json", Encoding.UTF8.GetBytes(json));
            if (!zipped)
            {
                return folder.Path("in");
            }

            File.Delete(folder.Path("x.zip"));
            using var zip = ZipFile.Open(folder.Path("x.zip"), ZipArchiveMode.Create);
            foreach (var name in new[] { "00000/img00000000.png", "00000/img00000001.png", "00001/img00000002.png", "dataset.json" })
            {
                zip.CreateEntryFromFile(folder.Path($"in/{name}"), name);
            }

            return folder.Path("x.zip");
        }
    }

    private static void AssertFails(string reason, Action action)
    {
        var e = Assert.Throws<DiffusionException>(action);
        Assert.Equal(ErrorKind.Data, e.Kind);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }
}
