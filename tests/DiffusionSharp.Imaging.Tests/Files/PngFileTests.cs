using System.Text;
using DiffusionSharp.Imaging.Files;

namespace DiffusionSharp.Imaging.Tests.Files;

public class PngFileTests
{
    private static readonly ImageShape Shape = new(3, 4, 6);

    [Fact]
    public void Text_and_size_are_read_back()
    {
        using var folder = new TempFolder();
        var path = folder.Path("x.png");
        ImageFile.SavePng(path, Shape, new byte[72], new Dictionary<string, string>(StringComparer.Ordinal) { ["ddim"] = "η = 0\n", ["b"] = "" });

        var facts = PngFile.Read(path);
        Assert.Equal((6, 4, 1), (facts.Width, facts.Height, facts.Frames));
        Assert.Equal([("b", ""), ("ddim", "η = 0\n")], facts.Text.OrderBy(t => t.Key).Select(t => (t.Key, t.Value)));
    }

    [Fact]
    public void Foreign_text_is_let_be()
    {
        using var folder = new TempFolder();
        byte[] ours = [.. "ddim\0\0\0en\0translated\0text"u8];
        folder.Write("x.png", Fixtures.Png(
            1, 1, 8, 0, [[7]],
            ("tEXt", [.. "ddim\0latin"u8]),
            ("zTXt", [.. "ddim\0\0????"u8]),
            ("iTXt", [.. "ddim\0\x1\0\0\0compressed"u8]),
            ("iTXt", [.. "no end"u8]),
            ("iTXt", [.. "half\0\0\0en"u8]),
            ("iTXt", [.. "\0\0\0\0\0nameless"u8]),
            ("iTXt", new byte[PngText.Longest + 1]),
            ("iTXt", ours),
            ("iTXt", [.. "ddim\0\0\0\0\0a second"u8])));

        Assert.Equal([new("ddim", "text")], PngFile.Read(folder.Path("x.png")).Text);
    }

    [Fact]
    public void Damage_is_an_error_that_says_what()
    {
        using var folder = new TempFolder();
        var path = folder.Path("x.png");
        ImageFile.SavePng(path, Shape, new byte[72], new Dictionary<string, string>(StringComparer.Ordinal) { ["ddim"] = "recipe" });
        var whole = File.ReadAllBytes(path);

        for (var length = 0; length < whole.Length; length++)
        {
            Refused(length < 8 ? "not a PNG" : "truncated", whole[..length]);
        }

        var at = whole.AsSpan().IndexOf("recipe"u8);
        Refused("checksum of its chunk iTXt", [.. whole[..at], (byte)'R', .. whole[(at + 1)..]]);
        Refused("not a PNG", Encoding.ASCII.GetBytes("GIF89a and so on"));
        Refused("a chunk of a PNG was expected", [.. PngChunks.Signature, .. whole[33..]]);
        Refused("a chunk of a PNG was expected", [.. whole[..33], 0, 0, 0, 0, 1, 2, 3, 4, .. whole[33..]]);
        Refused("truncated", [.. whole[..33], 0xFF, 0xFF, 0xFF, 0xFF, .. whole[37..]]);
        Assert.Contains("absent.png", Assert.Throws<DiffusionException>(() => PngFile.Read(folder.Path("absent.png"))).Message, StringComparison.Ordinal);

        void Refused(string words, byte[] file)
        {
            folder.Write("x.png", file);
            var e = Assert.Throws<DiffusionException>(() => PngFile.Read(path));
            Assert.Equal(ErrorKind.Data, e.Kind);
            Assert.Contains(words, e.Message, StringComparison.Ordinal);
            Assert.Contains("x.png", e.Message, StringComparison.Ordinal);
        }
    }
}
