using DiffusionSharp.Files.Storage;

namespace DiffusionSharp.Tests.Files.Storage;

public class AtomicFileTests
{
    [Fact]
    public void Writes_and_replaces_and_leaves_nothing_else()
    {
        using var folder = new TemporaryFolder();
        var path = folder["sub/a.txt"];
        AtomicFile.WriteAllText(path, "one");
        AtomicFile.WriteAllBytes(path, "zwei"u8.ToArray());
        Assert.Equal("zwei", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(folder["sub"]));
    }

    [Fact]
    public void The_old_file_stays_when_writing_or_checking_fails()
    {
        using var folder = new TemporaryFolder();
        var path = folder["a.txt"];
        AtomicFile.WriteAllText(path, "old");
        Assert.Throws<InvalidDataException>(() => AtomicFile.Write(path, s =>
        {
            s.Write("half"u8);
            throw new InvalidDataException();
        }));
        Assert.Throws<OperationCanceledException>(() => AtomicFile.Write(path, s => s.Write("new"u8), written =>
        {
            Assert.Equal("new", File.ReadAllText(written));
            throw new OperationCanceledException();
        }));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Single(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_full_disk_is_a_storage_error_that_names_the_path()
    {
        using var folder = new TemporaryFolder();
        var path = folder["a.txt"];
        var full = new IOException("No space left on device", 28);
        var e = Assert.Throws<DiffusionException>(() => AtomicFile.Write(path, _ => throw full));
        Assert.Equal(ErrorKind.Storage, e.Kind);
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
        Assert.Contains("disk is full", e.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_real_full_device_is_reported()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "this system has no /dev/full");
        var e = Assert.Throws<DiffusionException>(() => AtomicFile.WriteAllText("/dev/full", "x"));
        Assert.Equal(ErrorKind.Storage, e.Kind);
        Assert.Contains("disk is full", e.Message, StringComparison.Ordinal);
        Assert.Throws<DiffusionException>(() => AtomicFile.WriteAllText("/dev/full", "still the device"));
    }

    [Fact]
    public void A_file_where_a_folder_should_be_and_a_folder_where_a_file_should_be()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["file"], "x");
        var below = Assert.Throws<DiffusionException>(() => AtomicFile.WriteAllText(folder["file/a.txt"], "y"));
        Assert.Equal(ErrorKind.Storage, below.Kind);
        Directory.CreateDirectory(folder["dir"]);
        var over = Assert.Throws<DiffusionException>(() => AtomicFile.WriteAllText(folder["dir"], "y"));
        Assert.Equal(ErrorKind.Storage, over.Kind);
        Assert.Contains(folder["dir"], over.Message, StringComparison.Ordinal);
        Assert.Equal(2, Directory.GetFileSystemEntries(folder.Path).Length);
    }

    [Fact]
    public void A_folder_is_there_whole_or_not_at_all()
    {
        using var folder = new TemporaryFolder();
        var path = folder["run/checkpoint"];
        Assert.Throws<InvalidDataException>(() => AtomicFolder.Create(path, f =>
        {
            AtomicFile.WriteAllText(Path.Combine(f, "sub", "a"), "1");
            throw new InvalidDataException();
        }));
        Assert.Empty(Directory.GetFileSystemEntries(folder["run"]));
        var full = Assert.Throws<DiffusionException>(() => AtomicFolder.Create(path, f => AtomicFile.Write(Path.Combine(f, "a"), _ => throw new IOException("", 28))));
        Assert.Contains($"'{Path.Combine(path, "a")}'", full.Message, StringComparison.Ordinal);
        AtomicFolder.Create(path, f => AtomicFile.WriteAllText(Path.Combine(f, "sub", "a"), "1"));
        Assert.Equal("1", File.ReadAllText(Path.Combine(path, "sub", "a")));
        var e = Assert.Throws<DiffusionException>(() => AtomicFolder.Create(path, _ => { }));
        Assert.Equal(ErrorKind.Storage, e.Kind);
        Assert.Equal([path], Directory.GetFileSystemEntries(folder["run"]));
    }

    [Fact]
    public void Only_an_empty_folder_or_none_is_new()
    {
        using var folder = new TemporaryFolder();
        AtomicFolder.RequireNew(folder["none"]);
        AtomicFolder.RequireNew(folder.Path);
        foreach (var name in "edcba")
        {
            File.WriteAllText(folder[$"{name}"], "x");
        }

        var e = Assert.Throws<DiffusionException>(() => AtomicFolder.RequireNew(folder.Path));
        Assert.Equal(ErrorKind.Usage, e.Kind);
        Assert.Contains("holds a, b, c, d, … already", e.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorKind.Storage, Assert.Throws<DiffusionException>(() => AtomicFolder.RequireNew(folder["a"])).Kind);
    }

    [Fact]
    public void A_read_only_file_system_is_said_to_be_one()
    {
        using var folder = new TemporaryFolder();
        var e = Assert.Throws<DiffusionException>(() => AtomicFile.Write(folder["a"], _ => throw new IOException("Read-only file system", 30)));
        Assert.Contains("read-only file system; choose another path", e.Message, StringComparison.Ordinal);
    }
}
