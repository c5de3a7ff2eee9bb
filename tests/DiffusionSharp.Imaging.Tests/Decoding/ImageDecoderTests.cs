using DiffusionSharp.Imaging.Decoding;
using SkiaSharp;
using TestKit;

namespace DiffusionSharp.Imaging.Tests.Decoding;

public class ImageDecoderTests
{
    private static readonly Rgb White = new(255, 255, 255);
    private static readonly SKColor Orange = new(250, 120, 10);

    [Theory]
    [InlineData("PNG")]
    [InlineData("WebP")]
    [InlineData("BMP")]
    [InlineData("GIF")]
    public void Lossless_formats_keep_every_level(string format)
    {
        var image = Decode(format switch
        {
            "PNG" => Fixtures.Flat(4, 4, Orange),
            "WebP" => Fixtures.Flat(4, 4, Orange, SKEncodedImageFormat.Webp),
            "BMP" => Fixtures.Bmp(4, 4, Orange),
            _ => Fixtures.Gif(Orange, SKColors.Blue),
        });
        Assert.Equal((format, 4, 4), (image.Format, image.Height, image.Width));
        Assert.All(image.Rgb.Chunk(3), p => Assert.Equal([250, 120, 10], p));
    }

    [Fact]
    public void JPEG_is_decoded()
    {
        var image = Decode(Fixtures.Flat(16, 8, Orange, SKEncodedImageFormat.Jpeg));
        Assert.Equal(("JPEG", 8, 16), (image.Format, image.Height, image.Width));
        AssertNear([250, 120, 10], image.Rgb[..3], 3);
    }

    [Fact]
    public void CMYK_JPEG_is_decoded()
    {
        // Adobe stores inverted inks: red = C·K/255 and so on.
        AssertNear([200, 100, 50], Decode(Fixtures.CmykJpeg(200, 100, 50, 255)).Rgb[..3], 1);
        AssertNear([100, 50, 25], Decode(Fixtures.CmykJpeg(200, 100, 50, 128)).Rgb[..3], 1);
    }

    [Fact]
    public void Sixteen_bits_are_reduced()
    {
        byte[] rgb = [0xFF, 0xFF, 0x80, 0x80, 0x12, 0x12];
        Assert.Equal([255, 128, 18], Decode(Fixtures.Png(1, 1, 16, 2, [rgb])).Rgb);
        byte[] grey = [0x40, 0x40, 0x00, 0x00];
        Assert.Equal([64, 64, 64, 0, 0, 0], Decode(Fixtures.Png(2, 1, 16, 0, [grey])).Rgb);
    }

    [Fact]
    public void Palettes_and_their_transparency_are_applied()
    {
        // Two bits per pixel: entries 0, 1, 2, 3; entry 1 is transparent.
        var file = Fixtures.Png(4, 1, 2, 3, [[0b00_01_10_11]], ("PLTE", [255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 8, 7]), ("tRNS", [255, 0]));
        Assert.Equal([255, 0, 0, 1, 2, 3, 0, 0, 255, 9, 8, 7], ImageDecoder.Decode(file, new Rgb(1, 2, 3), 100).Rgb);
    }

    [Fact]
    public void Grey_and_grey_with_alpha_are_decoded()
    {
        Assert.Equal([7, 7, 7, 200, 200, 200], Decode(Fixtures.Png(2, 1, 8, 0, [[7, 200]])).Rgb);
        Assert.Equal([255, 255, 255, 100, 100, 100], Decode(Fixtures.Png(2, 1, 8, 4, [[7, 0, 100, 255]])).Rgb);
    }

    [Fact]
    public void Alpha_is_composited_on_the_background()
    {
        var file = Fixtures.Png(1, 1, 8, 6, [[200, 100, 0, 51]]);
        Assert.Equal([40, 20, 0], ImageDecoder.Decode(file, new Rgb(0, 0, 0), 100).Rgb);
        Assert.Equal([40 + 204, 20 + 204, 204], Decode(file).Rgb);
    }

    [Theory]
    [InlineData(1, "TL TR BL BR")]
    [InlineData(2, "TR TL BR BL")]
    [InlineData(3, "BR BL TR TL")]
    [InlineData(4, "BL BR TL TR")]
    [InlineData(5, "TL BL TR BR")]
    [InlineData(6, "TR BR TL BL")]
    [InlineData(7, "BR TR BL TL")]
    [InlineData(8, "BL TL BR TR")]
    public void Every_orientation_is_turned_upright(byte orientation, string stored)
    {
        // Stored corners (left to right, top to bottom) as EXIF 2.3 names the sides of row 0 and column 0.
        var color = new Dictionary<string, SKColor>(StringComparer.Ordinal)
        {
            ["TL"] = SKColors.Red,
            ["TR"] = new(0, 255, 0),
            ["BL"] = SKColors.Blue,
            ["BR"] = SKColors.White,
        };
        var corners = stored.Split(' ');
        int width = orientation < 5 ? 48 : 32, height = orientation < 5 ? 32 : 48;
        Upright(Fixtures.WithOrientation(Stored(SKEncodedImageFormat.Jpeg), orientation));
        foreach (var bigEndian in new[] { false, true })
        {
            Upright(Fixtures.WithExif(Stored(SKEncodedImageFormat.Png), Fixtures.Exif(orientation, bigEndian)));
        }

        Upright(Fixtures.WithExif(Stored(SKEncodedImageFormat.Png), [.. "Exif\0\0"u8, .. Fixtures.Exif(orientation)]));

        byte[] Stored(SKEncodedImageFormat format) =>
            Fixtures.Encode(width, height, (x, y) => color[corners[(y < height / 2 ? 0 : 2) + (x < width / 2 ? 0 : 1)]], format);

        void Upright(byte[] file)
        {
            var image = Decode(file);
            Assert.Equal((32, 48), (image.Height, image.Width));
            foreach (var (corner, x, y) in new[] { ("TL", 4, 4), ("TR", 43, 4), ("BL", 4, 27), ("BR", 43, 27) })
            {
                AssertNear([color[corner].Red, color[corner].Green, color[corner].Blue], image.Rgb[(((y * 48) + x) * 3)..][..3], 6);
            }
        }
    }

    [Fact]
    public void An_orientation_that_makes_no_sense_is_none()
    {
        var png = Fixtures.Encode(6, 4, (x, y) => new SKColor((byte)(40 * x), (byte)(60 * y), 0));
        var exif = Fixtures.Exif(6);
        var upright = Decode(png);
        byte[][] wrong =
        [
            [], [1, 2, 3], exif[..7], exif[..12], exif[..20], Fixtures.Exif(0), Fixtures.Exif(9), [.. "II*\0"u8, 255, 255, 255, 255], [.. "II*\0"u8, 255, 255, 255, 127],
            [.. exif[..8], 0, 0, .. exif[10..]], [.. exif[..8], 255, 255, .. exif[10..20]], [.. exif[..12], 4, .. exif[13..]],
        ];
        Assert.All(wrong, bytes => Assert.Equal(upright.Rgb, Decode(Fixtures.WithExif(png, bytes)).Rgb));

        // A wrong checksum, and a file that goes wrong after its picture.
        var turned = Fixtures.WithExif(png, exif);
        Assert.NotEqual(upright.Rgb, Decode(turned).Rgb);
        turned[33 + 8 + exif.Length] ^= 1;
        Assert.Equal(upright.Rgb, Decode(turned).Rgb);
        Assert.Equal(upright.Rgb, Decode([.. png[..^12], 1, 2, 3]).Rgb);
    }

    [Fact(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    public void PNG_JPEG_and_WebP_of_one_orientation_are_one_picture()
    {
        var (png, jpeg, webp) = (Case("png"), Case("jpg"), Case("webp"));
        Assert.Equal((png.Height, png.Width), (jpeg.Height, jpeg.Width));
        Assert.Equal((png.Height, png.Width), (webp.Height, webp.Width));
        AssertNear([.. png.Rgb.Select(v => (int)v)], webp.Rgb, 0);
        Assert.InRange(png.Rgb.Zip(jpeg.Rgb, (a, b) => Math.Abs(a - b)).Average(), 0, 8);
        var pillows = Decode(File.ReadAllBytes(Shared.Path("cases", "png_exif_orientation", "exif_pil.png")));
        Assert.Equal((8, 4), (pillows.Height, pillows.Width));

        static DecodedImage Case(string kind) => Decode(File.ReadAllBytes(Shared.Path("cases", "png_exif_orientation", $"ex6.{kind}")));
    }

    [Fact]
    public void Bad_files_say_why()
    {
        var png = Fixtures.Encode(64, 64, (x, y) => new SKColor((byte)(x * y), (byte)(x ^ y), (byte)(x * 3)));
        var jpeg = Fixtures.Encode(64, 64, (x, y) => new SKColor((byte)(x * y), (byte)(x ^ y), (byte)(x * 3)), SKEncodedImageFormat.Jpeg);
        Assert.Contains("zero bytes", Reason([]), StringComparison.Ordinal);
        Assert.Contains("truncated", Reason(png[..(png.Length / 2)]), StringComparison.Ordinal);
        Assert.Contains("truncated", Reason(jpeg[..(jpeg.Length / 2)]), StringComparison.Ordinal);
        Assert.Contains("not an image", Reason("hello, this is a text file"u8.ToArray()), StringComparison.Ordinal);
        Assert.Contains("60000×60000", Reason(Fixtures.Png(60000, 60000, 8, 2, [])), StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_files_never_do_worse()
    {
        var random = new Random(4);
        byte[][] files = [Fixtures.Flat(8, 8, Orange), Fixtures.Flat(8, 8, Orange, SKEncodedImageFormat.Jpeg), Fixtures.Gif(Orange), Fixtures.Bmp(8, 8, Orange), Fixtures.Flat(8, 8, Orange, SKEncodedImageFormat.Webp)];
        for (var i = 0; i < 1000; i++)
        {
            var file = (byte[])files[i % files.Length].Clone();
            for (var k = 0; k < 3; k++)
            {
                file[random.Next(file.Length)] = (byte)random.Next(256);
            }

            try
            {
                ImageDecoder.Decode(file, White, 1_000_000);
            }
            catch (BadImageException e)
            {
                Assert.NotEmpty(e.Message);
            }
        }
    }

    private static DecodedImage Decode(byte[] file) => ImageDecoder.Decode(file, White, 100_000_000);

    private static string Reason(byte[] file) => Assert.Throws<BadImageException>(() => Decode(file)).Message;

    private static void AssertNear(int[] expected, byte[] actual, int tolerance) =>
        Assert.All(expected.Zip(actual), p => Assert.InRange(p.Second, p.First - tolerance, p.First + tolerance));
}
