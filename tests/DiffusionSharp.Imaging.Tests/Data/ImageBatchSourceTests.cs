using CsCheck;
using DiffusionSharp.Data;
using DiffusionSharp.Imaging.Data;

namespace DiffusionSharp.Imaging.Tests.Data;

public class ImageBatchSourceTests
{
    private static readonly ImageShape Shape = new(1, 1, 4);

    [Fact]
    public void Every_epoch_shows_every_image_once_in_another_order()
    {
        using var source = Make(10, new DataOptions { Seed = 1 });
        var epochs = Enumerable.Range(0, 5).Select(e => Read(source, e * 10, 10).Labels).ToArray();
        Assert.All(epochs, e => Assert.Equal(Enumerable.Range(0, 10), e.Order()));
        Assert.Equal(5, epochs.Select(e => string.Join(' ', e)).Distinct(StringComparer.Ordinal).Count());
        using var other = Make(10, new DataOptions { Seed = 2 });
        Assert.NotEqual(epochs[0], Read(other, 0, 10).Labels);
    }

    [Fact]
    public void Any_piece_of_the_run_is_the_same_wherever_it_is_read_from()
    {
        var options = new DataOptions { Seed = 9, Flip = true };
        using var whole = Make(7, options);
        var (pixels, labels) = Read(whole, 0, 70);
        Gen.Select(Gen.Int[0, 50], Gen.Int[1, 20]).Sample((position, count) =>
        {
            using var fresh = Make(7, options);
            var piece = Read(fresh, position, count);
            return piece.Labels.AsSpan().SequenceEqual(labels.AsSpan(position, count)) && piece.Pixels.AsSpan().SequenceEqual(pixels.AsSpan(4 * position, 4 * count));
        });
    }

    [Fact]
    public void Orders_are_uniform()
    {
        // All six orders of three images, 6,000 epochs: each 1,000 ± 5 standard deviations.
        var order = new ShuffledOrder(3, 5);
        var counts = Enumerable.Range(0, 6000).CountBy(e => $"{order[3 * e]}{order[(3 * e) + 1]}{order[(3 * e) + 2]}").ToArray();
        Assert.Equal(6, counts.Length);
        Assert.All(counts, c => Assert.InRange(c.Value, 1000 - 145, 1000 + 145));
    }

    [Fact]
    public void About_half_are_mirrored_and_only_on_request()
    {
        using var plain = Make(5, new DataOptions());
        Assert.All(Read(plain, 0, 100).Pixels.Chunk(4), p => Assert.True(p[0] < p[3]));
        using var flipping = Make(5, new DataOptions { Flip = true });
        Assert.InRange(Read(flipping, 0, 1000).Pixels.Chunk(4).Count(p => p[0] > p[3]), 420, 580);
    }

    [Fact]
    public void A_file_holds_the_same_as_memory()
    {
        using var folder = new TempFolder();
        using var memory = Make(50, new DataOptions { Seed = 4 });
        foreach (var limit in (int[])[0, 4, 100])
        {
            using var mapped = Make(50, new DataOptions { Seed = 4, CacheLimitBytes = limit, CacheFolder = folder.Path("cache") });
            Assert.True(mapped.IsMapped);
            Assert.False(memory.IsMapped);
            Assert.Equal(memory.Fingerprint, mapped.Fingerprint);
            Assert.Equal(Read(memory, 13, 120).Pixels, Read(mapped, 13, 120).Pixels);

            // The open file has no name where the system allows that, so that a killed process leaves nothing.
            Assert.Equal(OperatingSystem.IsWindows() ? 1 : 0, Directory.GetFiles(folder.Path("cache")).Length);
        }

        Assert.Empty(Directory.GetFiles(folder.Path("cache")));
    }

    [Fact]
    public void A_cache_that_cannot_be_written_is_a_storage_error()
    {
        using var folder = new TempFolder();
        var e = Assert.Throws<DiffusionException>(() => Make(5, new DataOptions { CacheLimitBytes = 0, CacheFolder = folder.Write("file", [1]) }));
        Assert.Equal(ErrorKind.Storage, e.Kind);
        Assert.Contains("TMPDIR", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Stored_images_are_the_same_for_every_seed_and_never_mirrored()
    {
        using var source = Make(5, new DataOptions { Seed = 8, Flip = true });
        var pixels = new byte[4];
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(i, source.ReadStored(i, pixels));
            Assert.Equal([(byte)i, (byte)(i + 1), (byte)(i + 2), (byte)(i + 3)], pixels);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => source.ReadStored(5, new byte[4]));
        Assert.Throws<ArgumentOutOfRangeException>(() => source.ReadStored(-1, new byte[4]));
    }

    [Fact]
    public void The_fingerprint_tells_contents_apart()
    {
        using var a = Make(5, new DataOptions());
        using var b = Make(6, new DataOptions());
        using var c = Make(5, new DataOptions { Flip = true });
        Assert.Equal(3, new[] { a.Fingerprint, b.Fingerprint, c.Fingerprint }.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void What_is_held_out_is_never_trained_on_and_depends_on_the_count_alone()
    {
        var (training, validation) = Parts(40, 0.1, new DataOptions { Seed = 1 });
        var held = Stored(validation);
        Assert.Equal((36, 4), (training.ImagesPerEpoch, validation.ImagesPerEpoch));
        Assert.Equal(Enumerable.Range(0, 40), held.Concat(Stored(training)).Order());
        Assert.Equal(held.Order(), held);
        Assert.NotEqual(Enumerable.Range(0, 4), held);
        Assert.Empty(held.Intersect(Read(training, 0, 3 * 36).Labels));
        Assert.Equal(Stored(training), Read(training, 36, 36).Labels.Order());

        var (other, again) = Parts(40, 0.1, new DataOptions { Seed = 2, Flip = true });
        Assert.Equal(held, Stored(again));
        Assert.NotEqual(Read(training, 0, 36).Labels, Read(other, 0, 36).Labels);
        Assert.Superset(held.ToHashSet(), Stored(Parts(40, 9, new DataOptions()).Validation).ToHashSet());
        Assert.Single(Stored(Parts(40, 0.001, new DataOptions()).Validation));
    }

    [Fact]
    public void Another_held_out_part_is_other_data()
    {
        using var whole = Make(40, new DataOptions());
        string[] all = [whole.Fingerprint, .. new[] { 0.1, 5, 7 }.Select(v => whole.HoldOut(v).Training.Fingerprint), whole.HoldOut(5).Validation.Fingerprint];
        Assert.Equal(5, all.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(whole.HoldOut(4).Training.Fingerprint, whole.HoldOut(0.1).Training.Fingerprint);
        var e = Assert.Throws<DiffusionException>(() => whole.HoldOut(40));
        Assert.Equal(ErrorKind.Usage, e.Kind);
        Assert.Contains("keeps 40 of 40 images apart", e.Message, StringComparison.Ordinal);
        Assert.Throws<DiffusionException>(() => whole.HoldOut(0.999));
    }

    private static (ImageBatchSource Training, ImageBatchSource Validation) Parts(int count, double validation, DataOptions options) =>
        Make(count, options).HoldOut(validation);

    private static int[] Stored(IBatchSource source) =>
        [.. Enumerable.Range(0, (int)source.ImagesPerEpoch).Select(i => source.ReadStored(i, new byte[4]))];

    /// <summary>Image i is (i, i + 1, i + 2, i + 3) with label i.</summary>
    private static ImageBatchSource Make(int count, DataOptions options)
    {
        var store = new PixelStore(Shape.Elements, options.CacheLimitBytes, options.CacheFolder);
        for (var i = 0; i < count; i++)
        {
            store.Add([(byte)i, (byte)(i + 1), (byte)(i + 2), (byte)(i + 3)]);
        }

        store.Complete();
        return new ImageBatchSource("test", Shape, store, new ClassLabels([], [.. Enumerable.Range(0, count)]), [], options);
    }

    private static (byte[] Pixels, int[] Labels) Read(IBatchSource source, long position, int count)
    {
        var pixels = new byte[count * source.Shape.Elements];
        var labels = new int[count];
        source.Read(position, pixels, labels);
        return (pixels, labels);
    }
}
