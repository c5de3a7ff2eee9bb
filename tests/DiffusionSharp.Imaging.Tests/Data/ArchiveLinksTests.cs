using System.IO.Compression;
using DiffusionSharp.Imaging.Data;
using DiffusionSharp.Imaging.Data.Archives;
using DiffusionSharp.Imaging.Tests.Data.Tar;
using SkiaSharp;

namespace DiffusionSharp.Imaging.Tests.Data;

/// <summary>Links in archives lead to what is in them, and nowhere else.</summary>
public class ArchiveLinksTests
{
    private static readonly (string Name, string Target, bool Hard)[] Links =
    [
        ("a/absolute.png", "/outside.png", false),
        ("a/circle.png", "circle.png", false),
        ("a/chain.png", "../b/soft.png", false),
        ("a/gone.png", "nothing.png", false),
        ("a/hard.png", "./b/1.png", true),
        ("a/out.png", "../../outside.png", false),
        ("b/blob.png", "../.store/abc", false),
        ("b/soft.png", "../b/./1.png", false),
        ("notes", "b/1.png", false),
    ];

    [Theory]
    [InlineData("tar")]
    [InlineData("tar.gz")]
    [InlineData("zip")]
    public void Links_are_followed_within_the_archive(string kind)
    {
        using var folder = new TempFolder();
        folder.Write("outside.png", Fixtures.Flat(4, 4, SKColors.White));
        Pack(folder.Path("in/x." + kind), kind, folder.Path("outside.png"));
        var report = TestData.Check(folder.Path("in/x." + kind));
        Assert.Equal(("a", 2L, "b", 3L), (report.Classes.Keys.First(), report.Classes["a"], report.Classes.Keys.Last(), report.Classes["b"]));
        Assert.Equal(["a/absolute.png", "a/circle.png", "a/gone.png", "a/out.png"], report.Bad.Select(b => b.Name).Order(StringComparer.Ordinal));
        Assert.All(report.Bad, b => Assert.Contains("what it leads to is not in the archive", b.Reason, StringComparison.Ordinal));
        using var source = TestData.Open(folder.Path("in/x." + kind), new DataOptions { MaxBadFraction = 0.9 }.WithSize(4));
        var pixels = new byte[48];
        Assert.Equal([1, 0, 0, 1, 1], Enumerable.Range(0, 5).Select(i => source.ReadStored(i, pixels)));
        source.ReadStored(3, pixels);
        Assert.Equal((255, 0), (pixels[0], pixels[^1]));
    }

    [Fact]
    public void Too_many_links_are_refused_before_they_fill_the_memory()
    {
        var links = new ArchiveLinks();
        var long1 = new string('x', 1 << 20);
        Assert.Throws<InvalidDataException>(() =>
        {
            for (var i = 0; i < 40; i++)
            {
                links.Add(new ArchiveMember($"{i}.png", 0, () => Stream.Null) { Target = long1 });
            }
        });
    }

    private static void Pack(string path, string kind, string outside)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var file = File.Create(path);
        (string Name, byte[] Content)[] files = [("b/1.png", Fixtures.Flat(4, 4, SKColors.Red)), (".store/abc", Fixtures.Flat(4, 4, SKColors.Red))];
        string Target(string target) => target == "/outside.png" ? outside : target;
        if (kind == "zip")
        {
            using var zip = new ZipArchive(file, ZipArchiveMode.Create);
            foreach (var (name, content) in files)
            {
                Add(name, content, 0x81A4);
            }

            // A hard link is a file of its own in a zip.
            foreach (var (name, target, hard) in Links)
            {
                Add(name, hard ? files[0].Content : System.Text.Encoding.UTF8.GetBytes(Target(target)), hard ? 0x81A4 : 0xA1FF);
            }

            void Add(string name, byte[] content, int mode)
            {
                var entry = zip.CreateEntry(name);
                entry.ExternalAttributes = mode << 16;
                using var stream = entry.Open();
                stream.Write(content);
            }

            return;
        }

        var tar = new TarBlocks();
        foreach (var (name, target, hard) in Links)
        {
            tar.Add(name, hard ? '1' : '2', [], Target(target));
        }

        Array.ForEach(files, f => tar.Add(f.Name, '0', f.Content));
        using Stream stream = kind == "tar" ? file : new GZipStream(file, CompressionLevel.Fastest);
        stream.Write(tar.ToArray());
    }
}
