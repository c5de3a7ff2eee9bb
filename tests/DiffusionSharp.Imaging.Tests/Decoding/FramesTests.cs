using System.Buffers.Binary;
using DiffusionSharp.Imaging.Data;
using DiffusionSharp.Imaging.Decoding;
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Imaging.Tests.Data;
using SkiaSharp;

namespace DiffusionSharp.Imaging.Tests.Decoding;

/// <summary>Of an animation the first frame is taken, and counted.</summary>
public class FramesTests
{
    // 1×1: the screen with two colours, then images of the first and of the second.
    private static readonly byte[] Screen = [.. "GIF89a"u8, 1, 0, 1, 0, 0x80, 0, 0, 255, 0, 0, 0, 0, 255];
    private static readonly byte[] Pause = [0x21, 0xF9, 4, 0, 10, 0, 0, 0];
    private static readonly byte[] First = [0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0];
    private static readonly byte[] Second = [0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0x80, 0, 255, 0, 0, 0, 0, 2, 2, 0x44, 1, 0];
    private static readonly byte[] Png = Fixtures.Flat(2, 2, SKColors.Blue);

    [Fact]
    public void GIFs_of_several_images_are_told_from_others()
    {
        Assert.True(Frames.AreSeveral([.. Screen, .. Pause, .. First, .. Pause, .. Second, 0x3B], "GIF"));
        Assert.True(Frames.AreSeveral([.. Screen, .. Second, .. First, 0x3B], "GIF"));
        Assert.False(Frames.AreSeveral([.. Screen, .. Pause, .. First, .. Pause, 0x3B], "GIF"));
        Assert.False(Frames.AreSeveral([.. Screen, .. First, 0x3B, .. Second], "GIF"));
        Assert.False(Frames.AreSeveral([.. Screen, .. Second], "GIF"));
        Assert.False(Frames.AreSeveral(Fixtures.Flat(2, 2, SKColors.Blue, SKEncodedImageFormat.Webp), "WebP"));
        Assert.True(Frames.AreSeveral(WebP(), "WebP"));
        Assert.False(Frames.AreSeveral(Png, "PNG"));
        Assert.True(Frames.AreSeveral(Apng(2), "PNG"));
        Assert.False(Frames.AreSeveral(Apng(1), "PNG"));
    }

    [Fact]
    public void What_is_cut_off_or_claims_too_much_is_no_trouble()
    {
        byte[][] files = [[.. Screen, .. Pause, .. First, .. Pause, .. Second], WebP(), Apng(2), [.. "RIFF    WEBP"u8, .. "ANMF"u8, 255, 255, 255, 255]];
        foreach (var (file, format) in files.Zip(["GIF", "WebP", "PNG", "WebP"]))
        {
            for (var length = 0; length < file.Length; length++)
            {
                _ = Frames.AreSeveral(file[..length], format);
            }
        }
    }

    [Fact]
    public void They_are_counted_in_the_summary()
    {
        using var folder = new TempFolder();
        folder.Write("in/0.gif", [.. Screen, .. Pause, .. First, .. Pause, .. Second, 0x3B]);
        folder.Write("in/1.png", Apng(3));
        folder.Write("in/2.png", Png);
        var report = TestData.Check(folder.Path("in"));
        Assert.Equal((3L, 2L), (report.Images, report.Animated));
        using var source = TestData.Open(folder.Path("in"), new DataOptions().WithSize(1));
        Assert.Equal(2, source.Animated);
        var pixels = new byte[3];
        source.ReadStored(0, pixels);
        Assert.Equal([255, 0, 0], pixels);
    }

    private static byte[] WebP() => [.. "RIFF    WEBP"u8, .. "VP8X"u8, 3, 0, 0, 0, 1, 2, 3, 0, .. "ANMF"u8, 2, 0, 0, 0, 9, 9, .. "ANMF"u8, 0, 0, 0, 0];

    private static byte[] Apng(int frames)
    {
        const int header = 33;
        using var file = new MemoryStream();
        file.Write(Png.AsSpan(0, header));
        var control = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(control, frames);
        PngChunks.Write(file, "acTL", control);
        file.Write(Png.AsSpan(header));
        return file.ToArray();
    }
}
