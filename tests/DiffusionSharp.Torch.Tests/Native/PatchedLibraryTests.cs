using System.Runtime.Versioning;
using DiffusionSharp.Torch.Native;
using Xunit;

namespace DiffusionSharp.Torch.Tests.Native;

[UnsupportedOSPlatform("windows")]
public sealed class PatchedLibraryTests : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly byte[] image = [.. Enumerable.Range(0, 1003).Select(i => (byte)i)];
    private readonly string cache = Directory.CreateTempSubdirectory("diffusionsharp-test-").FullName;

    public void Dispose() => Directory.Delete(cache, recursive: true);

    [Fact]
    public void Keeps_one_private_copy()
    {
        var path = PatchedLibrary.Store(image, cache);
        var written = File.GetLastWriteTimeUtc(path);
        Assert.Equal(path, PatchedLibrary.Store(image, cache));
        Assert.Equal(written, File.GetLastWriteTimeUtc(path));
        Assert.Equal(image, File.ReadAllBytes(path));
        Assert.Equal(Private, File.GetUnixFileMode(Path.GetDirectoryName(path)!));
        Assert.Equal([path], Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public void Another_library_gets_another_folder()
    {
        var other = (byte[])image.Clone();
        other[^1] ^= 1;
        Assert.NotEqual(PatchedLibrary.Store(image, cache), PatchedLibrary.Store(other, cache));
    }

    [Fact]
    public void A_damaged_copy_is_replaced()
    {
        var path = PatchedLibrary.Store(image, cache);
        File.WriteAllBytes(path, new byte[image.Length]);
        PatchedLibrary.Store(image, cache);
        Assert.Equal(image, File.ReadAllBytes(path));
    }

    [Fact]
    public void A_folder_open_to_others_is_closed()
    {
        File.SetUnixFileMode(cache, Private | UnixFileMode.OtherWrite | UnixFileMode.GroupWrite);
        PatchedLibrary.Store(image, cache);
        Assert.Equal(Private, File.GetUnixFileMode(cache));
    }

    [Fact]
    public void Many_processes_may_store_at_once()
    {
        Parallel.For(0, 16, _ => Assert.Equal(image, File.ReadAllBytes(PatchedLibrary.Store(image, cache))));
        Assert.Single(Directory.GetFiles(Directory.GetDirectories(cache).Single()));
    }
}
