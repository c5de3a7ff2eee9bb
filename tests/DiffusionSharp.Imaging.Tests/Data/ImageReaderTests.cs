using DiffusionSharp.Imaging.Data;
using DiffusionSharp.Imaging.Decoding;
using SkiaSharp;

namespace DiffusionSharp.Imaging.Tests.Data;

public class ImageReaderTests
{
    [Fact]
    public void An_error_on_any_thread_is_the_error_itself()
    {
        var files = Enumerable.Range(0, 20).Select(i => new RawImage($"{i}.png", 0, () => Fixtures.Flat(2, 2, SKColors.Red)));
        var e = Assert.Throws<DiffusionException>(() => ImageReader.Read<int>(
            files, new DataOptions(), _ => throw new DiffusionException(ErrorKind.Storage, "no room"), (_, _) => { }, null, null, TestContext.Current.CancellationToken));
        Assert.Equal("no room", e.Message);
    }

    [Fact]
    public void A_batch_ends_at_its_files_or_at_its_bytes()
    {
        Assert.Equal([128, 128, 44], Sizes(300, 0));
        Assert.Equal([4, 4, 2], Sizes(10, 16 << 20));
        Assert.Empty(Sizes(0, 0));

        static int[] Sizes(int files, long held) =>
            [.. ImageReader.Batches(Enumerable.Range(0, files).Select(i => new RawImage($"{i}", held, () => []))).Select(b => b.Count)];
    }

    [Theory]
    [InlineData(1, 100, 1000, 0.001, false)]
    [InlineData(2, 100, 1000, 0.001, true)]
    [InlineData(100, 100, 100, 1, false)]
    [InlineData(1000, 1000, null, 0.001, false)]
    [InlineData(1001, 1500, null, 0.001, true)]
    [InlineData(1001, 3000, null, 0.001, false)]
    [InlineData(5000, 5000, null, 1, false)]
    public void Reading_stops_when_too_many_are_bad(int bad, int seen, int? total, double allowed, bool stops) =>
        Assert.Equal(stops, ImageReader.TooManyBad(bad, seen, total, allowed));

    [Fact]
    public void A_set_that_must_be_refused_is_not_read_to_its_end()
    {
        var files = Enumerable.Range(0, 300).Select(i => i < 128 ? RawImage.Unusable($"{i}.png", "it is bad") : throw new InvalidOperationException("read on"));
        var (bad, stopped) = ImageReader.Read(files, new DataOptions(), i => i, (_, _) => { }, null, 300, TestContext.Current.CancellationToken);
        Assert.Equal((128, true), (bad.Count, stopped));

        // Names are kept of the bad ones, and what is kept has its limit, however many may be bad.
        var name = new string('x', 1 << 20);
        var named = Enumerable.Range(0, 1000).Select(i => i < 128 ? RawImage.Unusable(name, "it is bad") : throw new InvalidOperationException("read on"));
        Assert.True(ImageReader.Read(named, new DataOptions { MaxBadFraction = 1 }, i => i, (_, _) => { }, null, null, TestContext.Current.CancellationToken).Stopped);
    }

    [Fact]
    public void The_pixels_being_decoded_are_bounded()
    {
        var gate = new PixelGate(10);
        var (now, most) = (0, 0);
        var guard = new Lock();
        Parallel.For(0, 40, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = TestContext.Current.CancellationToken }, i =>
        {
            var pixels = i % 10 == 0 ? 25 : 4;
            gate.Run(pixels, () =>
            {
                Add(pixels);
                Thread.Sleep(1);
                Add(-pixels);
                return 0;
            });
        });

        // Two of four pixels, or one that is larger than the bound, alone.
        Assert.True(most is 8 or 25 or 4, $"{most}");
        Assert.Equal(0, now);

        void Add(int pixels)
        {
            lock (guard)
            {
                now += pixels;
                most = Math.Max(most, now);
            }
        }
    }

    [Fact]
    public void Pixels_are_counted_from_the_header()
    {
        Assert.Equal(15, ImageDecoder.CountPixels(Fixtures.Flat(5, 3, SKColors.Red)));
        Assert.Equal(0, ImageDecoder.CountPixels([]));
        Assert.Equal(0, ImageDecoder.CountPixels([1, 2, 3]));
    }
}
