using System.Formats.Tar;
using DiffusionSharp.Imaging.Data;
using DiffusionSharp.Imaging.Data.Archives;
using DiffusionSharp.Imaging.Data.Archives.Tar;
using SkiaSharp;
using TestKit;

namespace DiffusionSharp.Imaging.Tests.Data.Tar;

public class TarMembersTests
{
    private static readonly byte[] Red = Fixtures.Flat(4, 4, SKColors.Red);

    [Theory]
    [InlineData("gnu", 2)]
    [InlineData("gnu", 40)]
    [InlineData("0.0", 40)]
    [InlineData("0.1", 40)]
    [InlineData("1.0", 2)]
    [InlineData("1.0", 200)]
    public void Sparse_files_have_zeros_in_their_holes(string format, int parts)
    {
        var content = new byte[4000 + (parts * 1000)];
        (int At, int Count)[] islands = [.. Enumerable.Range(0, parts).Select(i => (500 + (1000 * i), 100 + i))];
        foreach (var (at, count) in islands)
        {
            new Random(at).NextBytes(content.AsSpan(at, count));
        }

        using var folder = new TempFolder();
        var tar = new TarBlocks().Sparse(format, "a/sparse.png", content, islands).Add("b/whole.png", '0', Red).ToArray();
        Assert.Equal(["a/sparse.png", "b/whole.png"], Read(tar).Select(m => m.Name));
        Assert.Equal(content, Read(tar)[0].Content);
        Assert.Equal(Red, Read(tar)[1].Content);

        // What is not read is passed over as well.
        Assert.Equal(2, TarMembers.Read(folder.Write("x.tar", tar), compressed: false).Count());
        Assert.Equal(2, TarMembers.Read(folder.Write("x.tgz", Archive.Gzip(tar)), compressed: true).Count());

        (string Name, byte[] Content)[] Read(byte[] bytes) =>
            [.. TarMembers.Read(folder.Write("r.tar", bytes), compressed: false).Select(m => (m.Name, BoundedRead.All(m.Open(), m.Length)))];
    }

    [Theory]
    [InlineData("gnu")]
    [InlineData("0.0")]
    [InlineData("0.1")]
    [InlineData("1.0")]
    public void A_wrong_map_is_a_bad_file_and_no_more(string format)
    {
        using var folder = new TempFolder();
        var content = (byte[])[.. Red, .. new byte[5000]];
        var tar = new TarBlocks()
            .Sparse(format, "a/backwards.png", content, (0, Red.Length), (10, 5))
            .Sparse(format, "a/good.png", content, (0, Red.Length))
            .Add("b/whole.png", '0', Red);
        var report = TestData.Check(folder.Write("x.tar", tar.ToArray()));
        Assert.Equal("a/backwards.png: the archive's entry is damaged: its map of a sparse file is malformed", Assert.Single(report.Bad).ToString());
        Assert.Equal((2L, 1L, 1L), (report.Images, report.Classes["a"], report.Classes["b"]));
    }

    [Theory]
    [InlineData(TarEntryFormat.Ustar)]
    [InlineData(TarEntryFormat.Gnu)]
    [InlineData(TarEntryFormat.Pax)]
    public void What_dotnet_writes_is_read(TarEntryFormat format)
    {
        using var folder = new TempFolder();
        var name = $"{new string('d', 90)}/{new string('é', 40)}.png";
        using (var file = File.Create(folder.Path("x.tar")))
        using (var writer = new TarWriter(file, format))
        {
            foreach (var (entry, content) in new[] { ("x/", null), ("x/notes.txt", [1, 2, 3]), (name, Red), ("x/a.png", Red), ("x/empty.png", Array.Empty<byte>()) })
            {
                var made = TarEntry(format, content is null ? TarEntryType.Directory : TarEntryType.RegularFile, entry);
                if (content is not null)
                {
                    made.DataStream = new MemoryStream(content);
                }

                writer.WriteEntry(made);
            }

            var link = TarEntry(format, TarEntryType.SymbolicLink, "x/link.png");
            link.LinkName = "../x/a.png";
            writer.WriteEntry(link);
        }

        var members = TarMembers.Read(folder.Path("x.tar"), compressed: false).ToArray();
        Assert.Equal(["x/notes.txt", name, "x/a.png", "x/empty.png", "x/link.png"], members.Select(m => m.Name));
        Assert.Equal([3, Red.Length, Red.Length, 0, 0], members.Select(m => m.Length));
        Assert.Equal("x/a.png", members[4].Target);
        Assert.Equal(3, TestData.Check(folder.Path("x.tar")).Images);
    }

    [Fact]
    public void Large_numbers_are_bytes()
    {
        Assert.Equal(1L << 40, TarHeader.Number([0x80, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]));
        Assert.Equal(8, TarHeader.Number(" 0000010 \0"u8));
        Assert.Throws<InvalidDataException>(() => TarHeader.Number([0xFF, .. Enumerable.Repeat((byte)0xFF, 11)]));
        Assert.Throws<InvalidDataException>(() => TarHeader.Number("0000009\0"u8));
    }

    [Fact]
    public void Damage_is_an_error_that_names_the_archive()
    {
        using var folder = new TempFolder();
        var tar = new TarBlocks().Add("a.png", '0', Red).ToArray();
        tar[3]++;
        Fails("checksum of a header", tar);
        Fails("too early", new TarBlocks().Add("a.png", '0', Red, change: h => h[124] = (byte)'7').ToArray());
        Fails("extended headers are malformed", new TarBlocks().Add("x", 'x', "99 path=y\n"u8.ToArray()).Add("a.png", '0', Red).ToArray());
        Fails("longer than 4096", new TarBlocks().Pax(("path", new string('x', 5000))).Add("a.png", '0', Red).ToArray());
        Fails("more than the limit", new TarBlocks().Add("x", 'x', new byte[5 << 20]).Add("a.png", '0', Red).ToArray());

        void Fails(string reason, byte[] bytes)
        {
            foreach (var file in new[] { folder.Write("x.tar", bytes), folder.Write("x.tar.gz", Archive.Gzip(bytes)) })
            {
                var e = Assert.Throws<DiffusionException>(() => TestData.Check(file));
                Assert.Equal(ErrorKind.Data, e.Kind);
                Assert.Contains(reason, e.Message, StringComparison.Ordinal);
                Assert.Contains(file, e.Message, StringComparison.Ordinal);
            }
        }
    }

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [InlineData("tar_sparse/sparse_gnu.tar", 3)]
    [InlineData("tar_sparse/mixed.tar", 2)]
    [InlineData("tar_links/lk.tar", 5)]
    public void What_GNU_tar_wrote_is_read(string file, int images)
    {
        var report = TestData.Check(Shared.Path("cases", file));
        Assert.Equal((images, 0), (report.Images, report.Bad.Count));
        Assert.Equal([$"16×16"], report.Sizes.Select(s => s.Key));
    }

    private static TarEntry TarEntry(TarEntryFormat format, TarEntryType type, string name) => format switch
    {
        TarEntryFormat.Ustar => new UstarTarEntry(type, name),
        TarEntryFormat.Gnu => new GnuTarEntry(type, name),
        _ => new PaxTarEntry(type, name),
    };
}
