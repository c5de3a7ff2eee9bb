using System.IO.Compression;
using DiffusionSharp.Data;
using DiffusionSharp.Imaging.Data;
using DiffusionSharp.Imaging.Shapes;
using SkiaSharp;
using TestKit;

namespace DiffusionSharp.Imaging.Tests.Data;

public class DataSetsTests
{
    private static readonly DataOptions Small = new DataOptions { Seed = 3 }.WithSize(4);

    public static bool SharedData => Shared.Exists && Directory.Exists(Shared.Path("data"));

    [Fact]
    public void Built_in_shapes_are_opened_by_name()
    {
        var source = OpenAny("builtin:shapes", new DataOptions { Seed = 5 }.WithSize(48));
        Assert.Equal(new ShapesSource(48, 5).Fingerprint, source.Fingerprint);
        AssertFails(ErrorKind.Usage, "builtin:shapes", () => OpenAny("builtin:dogs"));
        AssertFails(ErrorKind.Configuration, "RGB", () => OpenAny("builtin:shapes", new DataOptions { Channels = 1 }));
    }

    [Fact]
    public void A_folder_is_read_with_its_classes()
    {
        using var folder = new TempFolder();
        folder.Write("dogs/1.png", Fixtures.Flat(8, 8, SKColors.Red));
        folder.Write("dogs/.hidden.png", [1]);
        folder.Write("cats/2.JPG", Fixtures.Flat(8, 8, SKColors.White, SKEncodedImageFormat.Jpeg));
        folder.Write("cats/deep/cats/3.bmp", Fixtures.Bmp(4, 4, SKColors.Blue));
        folder.Write("notes.txt", [1, 2, 3]);
        using var source = Open(folder.Root, Small);
        Assert.Equal(["cats", "dogs"], source.ClassNames);
        Assert.Equal(3, source.ImagesPerEpoch);
        Assert.Equal(new ImageShape(3, 4, 4), source.Shape);
        var pixels = new byte[48];
        Assert.Equal(0, source.ReadStored(0, pixels));
        Assert.All(pixels, p => Assert.Equal(255, p));
        Assert.Equal(0, source.ReadStored(1, pixels));
        Assert.Equal((0, 255), (pixels[0], pixels[^1]));
        Assert.Equal(1, source.ReadStored(2, pixels));
        Assert.Equal((255, 0), (pixels[0], pixels[^1]));
    }

    [Fact]
    public void Images_without_a_folder_have_no_classes()
    {
        using var folder = new TempFolder();
        folder.Write("dogs/1.png", Fixtures.Flat(8, 8, SKColors.Red));
        folder.Write("2.png", Fixtures.Flat(8, 8, SKColors.Red));
        using var source = Open(folder.Root, Small);
        Assert.Empty(source.ClassNames);
    }

    [Fact]
    public void The_same_images_in_other_classes_are_other_data()
    {
        using TempFolder one = new(), other = new(), none = new();
        foreach (var (folder, second) in new[] { (one, "b/2.png"), (other, "a/2.png"), (none, "2.png") })
        {
            folder.Write(ReferenceEquals(folder, none) ? "1.png" : "a/1.png", Fixtures.Flat(8, 8, SKColors.Red));
            folder.Write(second, Fixtures.Flat(8, 8, SKColors.Blue));
        }

        string Fingerprint(TempFolder folder)
        {
            using var source = Open(folder.Root, Small);
            return source.Fingerprint;
        }

        Assert.Equal(3, new[] { one, other, none }.Select(Fingerprint).Distinct(StringComparer.Ordinal).Count());
        Assert.DoesNotContain("labels", Fingerprint(none), StringComparison.Ordinal);
    }

    [Fact]
    public void Links_that_loop_are_followed_once()
    {
        using var folder = new TempFolder();
        using var elsewhere = new TempFolder();
        elsewhere.Write("b.png", Fixtures.Flat(4, 4, SKColors.Red));
        folder.Write("a/1.png", Fixtures.Flat(4, 4, SKColors.Red));
        Directory.CreateSymbolicLink(folder.Path("a/loop"), folder.Root);
        Directory.CreateSymbolicLink(folder.Path("linked"), elsewhere.Root);
        Directory.CreateSymbolicLink(elsewhere.Path("back"), folder.Path("linked"));
        using var source = Open(folder.Root, Small);
        Assert.Equal(2, source.ImagesPerEpoch);
        Assert.Equal(["a", "linked"], source.ClassNames);
    }

    [Fact]
    public void Bad_files_are_listed_and_counted()
    {
        using var folder = new TempFolder();
        folder.Write("x/good.png", Fixtures.Flat(4, 4, SKColors.Red));
        folder.Write("x/empty.png", []);
        folder.Write("x/text.jpg", "text"u8.ToArray());
        File.CreateSymbolicLink(folder.Path("x/dangling.png"), folder.Path("nowhere"));
        AssertFails(ErrorKind.Data, "3 of 4", () => OpenAny(folder.Root, Small));
        using var source = Open(folder.Root, Small with { MaxBadFraction = 0.75 });
        Assert.Equal(["x/dangling.png", "x/empty.png", "x/text.jpg"], source.BadFiles.Select(b => b.Name));

        var report = Check(folder.Root);
        Assert.Equal(("folder", 1L, 0.75), (report.Kind, report.Images, report.BadFraction));
        Assert.Contains("cannot be read", report.Bad[0].Reason, StringComparison.Ordinal);
        Assert.Contains("zero bytes", report.Bad[1].Reason, StringComparison.Ordinal);
        Assert.Contains("not an image", report.Bad[2].Reason, StringComparison.Ordinal);
        Assert.Equal(1, report.Formats["PNG"]);
        Assert.Equal(KeyValuePair.Create("4×4", 1L), Assert.Single(report.Sizes));
        Assert.Equal(1, report.Classes["x"]);
    }

    [Fact]
    public void Nothing_usable_is_said_clearly()
    {
        using var folder = new TempFolder();
        AssertFails(ErrorKind.Data, "no images found", () => OpenAny(folder.Root, Small));
        AssertFails(ErrorKind.Data, "no images found", () => Check(folder.Root));
        AssertFails(ErrorKind.Data, "no such file", () => OpenAny(folder.Path("nowhere")));
        AssertFails(ErrorKind.Data, "zero bytes", () => OpenAny(folder.Write("empty.zip", [])));
        AssertFails(ErrorKind.Data, "not a data set", () => OpenAny(folder.Write("x.bin", [1, 2, 3])));
        AssertFails(ErrorKind.Data, "one image file", () => OpenAny(folder.Write("x.png", Fixtures.Flat(4, 4, SKColors.Red))));
        AssertFails(ErrorKind.Configuration, "which size", () => OpenAny(folder.Root));
        AssertFails(ErrorKind.Configuration, "channels 2", () => OpenAny(folder.Root, Small with { Channels = 2, Height = 0 }));
    }

    [Theory]
    [InlineData("zip")]
    [InlineData("tar")]
    [InlineData("tar.gz")]
    public void Archives_hold_the_same_as_their_folder(string kind)
    {
        using var folder = new TempFolder();
        folder.Write("in/a/1.png", Fixtures.Flat(4, 4, SKColors.Red));
        folder.Write("in/b/2.png", Fixtures.Flat(6, 4, SKColors.Lime));
        folder.Write("in/b/empty.png", []);
        folder.Write("in/readme.md", [1]);
        var path = folder.Path("data." + kind);
        Archive.Pack(kind, folder.Path("in"), path);
        var options = Small with { MaxBadFraction = 0.5 };
        using var source = Open(path, options);
        using var expected = Open(folder.Path("in"), options);
        Assert.Equal(expected.ClassNames, source.ClassNames);
        Assert.Equal(2, source.ImagesPerEpoch);
        Assert.Contains("zero bytes", Assert.Single(source.BadFiles).Reason, StringComparison.Ordinal);
        var pixels = new byte[48];
        Assert.Equal(Red(source), Red(expected));
        Assert.Equal(kind, Check(path).Kind);

        // A damaged archive is an error, not a shorter data set.
        var bytes = File.ReadAllBytes(path);
        AssertFails(ErrorKind.Data, "damaged or truncated", () => OpenAny(folder.Write("cut." + kind, bytes[..(kind == "tar" ? 700 : bytes.Length / 2)]), options));

        string[] Red(ImageBatchSource s) => [.. Enumerable.Range(0, 2).Select(i => $"{s.ReadStored(i, pixels)} {pixels[0]}").Order(StringComparer.Ordinal)];
    }

    [Fact]
    public void Names_in_archives_are_never_paths()
    {
        using var folder = new TempFolder();
        var path = folder.Path("evil.zip");
        using (var zip = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            using var stream = zip.CreateEntry("../../evil/x.png").Open();
            stream.Write(Fixtures.Flat(4, 4, SKColors.Red));
        }

        using var source = Open(path, Small);
        Assert.Equal(["evil"], source.ClassNames);
        Assert.Single(Directory.GetFileSystemEntries(folder.Root));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Digits_are_padded_and_find_their_labels(bool gzip)
    {
        using var folder = new TempFolder();
        byte[] images = [0, 0, 8, 3, .. Fixtures.BigEndian(3), .. Fixtures.BigEndian(28), .. Fixtures.BigEndian(28), .. Enumerable.Range(0, 3 * 784).Select(i => (byte)(1 + (i / 784)))];
        byte[] labels = [0, 0, 8, 1, .. Fixtures.BigEndian(3), 2, 0, 1];
        var suffix = gzip ? ".gz" : string.Empty;
        var path = folder.Write("t10k-images-idx3-ubyte" + suffix, gzip ? Archive.Gzip(images) : images);
        folder.Write("t10k-labels-idx1-ubyte" + suffix, gzip ? Archive.Gzip(labels) : labels);
        foreach (var spec in (string[])[path, folder.Root])
        {
            using var source = Open(spec, new DataOptions());
            Assert.Equal(new ImageShape(1, 32, 32), source.Shape);
            Assert.Equal(["0", "1", "2"], source.ClassNames);
            var pixels = new byte[1024];
            Assert.Equal(2, source.ReadStored(0, pixels));
            Assert.Equal(784, pixels.Count(p => p == 1));
            Assert.Equal((0, 0, 1, 1, 0), (pixels[(1 * 32) + 2], pixels[(2 * 32) + 1], pixels[(2 * 32) + 2], pixels[(29 * 32) + 29], pixels[(30 * 32) + 29]));
            Assert.Equal(1, source.ReadStored(2, pixels));
        }

        using (var rgb = Open(path, new DataOptions { Channels = 3 }.WithSize(14)))
        {
            Assert.Equal(new ImageShape(3, 14, 14), rgb.Shape);
        }

        AssertFails(ErrorKind.Data, "labels", () => OpenAny(folder.Path("t10k-labels-idx1-ubyte" + suffix)));
        folder.Write("t10k-labels-idx1-ubyte" + suffix, gzip ? Archive.Gzip([0, 0, 8, 1, 0, 0, 0, 2, 1, 1]) : [0, 0, 8, 1, 0, 0, 0, 2, 1, 1]);
        TestData.AssertNoClasses("2 labels found, 3 expected", path);
        byte[] many = [0, 0, 8, 1, 0, 0, 0, 3, .. new byte[100_000]];
        folder.Write("t10k-labels-idx1-ubyte" + suffix, gzip ? Archive.Gzip(many) : many);
        TestData.AssertNoClasses("more labels found, its header promises 3", path);
        AssertFails(ErrorKind.Data, "truncated", () => OpenAny(folder.Write("cut-images-idx3", gzip ? Archive.Gzip(images[..^1]) : images[..^1])));
    }

    [Fact]
    public void CIFAR_batches_are_read()
    {
        using var folder = new TempFolder();
        byte[] Record(byte label) => [label, .. Enumerable.Repeat((byte)1, 1024), .. Enumerable.Repeat((byte)2, 1024), .. Enumerable.Repeat((byte)(10 + label), 1024)];
        folder.Write("data_batch_1.bin", [.. Record(6), .. Record(9)]);
        folder.Write("data_batch_2.bin", Record(3));
        using var source = Open(folder.Root, new DataOptions());
        Assert.Equal((3L, new ImageShape(3, 32, 32), "frog"), (source.ImagesPerEpoch, source.Shape, source.ClassNames[6]));
        var pixels = new byte[3072];
        Assert.Equal(3, source.ReadStored(2, pixels));
        Assert.Equal((1, 2, 13), (pixels[0], pixels[1024], pixels[2048]));
        Assert.Equal(1, Check(folder.Path("data_batch_2.bin")).Classes["cat"]);
        folder.Write("data_batch_2.bin", Record(3)[..^1]);
        AssertFails(ErrorKind.Data, "3072 bytes", () => OpenAny(folder.Root));
    }

    [Fact]
    public void Reading_reports_and_stops()
    {
        using var folder = new TempFolder();
        for (var i = 0; i < 300; i++)
        {
            folder.Write($"{i}.bmp", Fixtures.Bmp(2, 2, SKColors.Red));
        }

        using var stop = new CancellationTokenSource();
        var progress = new Stopper(stop);
        Assert.ThrowsAny<OperationCanceledException>(() => DataSets.Open(folder.Root, Small, progress, stop.Token));
        Assert.Equal(new DataProgress(128, 0, 300), Assert.Single(progress.Seen));
    }

    [Fact(SkipUnless = nameof(SharedData), Skip = Shared.Missing)]
    public void Real_sprites_of_many_PNG_kinds_are_decoded()
    {
        var path = Shared.Path("data", "crawl-tiles-cc0", "crawl_tiles_nov2015.tar.gz");
        using var source = Open(path, new DataOptions { CacheLimitBytes = 1 << 20 }.WithSize(32));
        Assert.Equal(4357, source.ImagesPerEpoch);
        Assert.Empty(source.BadFiles);
        Assert.True(source.IsMapped);
        Assert.Contains("armour", source.ClassNames);
    }

    [Fact(SkipUnless = nameof(SharedData), Skip = Shared.Missing)]
    public void Fashion_MNIST_is_read()
    {
        using var source = Open(Shared.Path("data", "fashion-mnist", "t10k-images-idx3-ubyte.gz"), new DataOptions());
        Assert.Equal((10_000L, new ImageShape(1, 32, 32), 10), (source.ImagesPerEpoch, source.Shape, source.ClassNames.Count));
        // The first test image is an ankle boot (class 9) and every class has a thousand.
        Assert.Equal(9, source.ReadStored(0, new byte[1024]));
        var labels = new int[10_000];
        source.Read(0, new byte[10_000 * 1024], labels);
        Assert.All(Enumerable.Range(0, 10), c => Assert.Equal(1000, labels.Count(l => l == c)));
    }

    private static ImageBatchSource Open(string path, DataOptions options) =>
        Assert.IsType<ImageBatchSource>(OpenAny(path, options));

    private static IBatchSource OpenAny(string path, DataOptions? options = null) =>
        DataSets.Open(path, options, cancellationToken: TestContext.Current.CancellationToken);

    private static DataReport Check(string path) => DataCheck.Run(path, cancellationToken: TestContext.Current.CancellationToken);

    private static void AssertFails(ErrorKind kind, string says, Func<object> action)
    {
        var e = Assert.Throws<DiffusionException>(action);
        Assert.Equal(kind, e.Kind);
        Assert.Contains(says, e.Message, StringComparison.Ordinal);
    }

    private sealed class Stopper(CancellationTokenSource stop) : IProgress<DataProgress>
    {
        public List<DataProgress> Seen { get; } = [];

        public void Report(DataProgress value)
        {
            Seen.Add(value);
            stop.Cancel();
        }
    }
}
