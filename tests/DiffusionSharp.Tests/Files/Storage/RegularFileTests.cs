using System.IO.Compression;
using System.Net.Sockets;
using DiffusionSharp.Files;
using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Files.Pickle;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Models;
using DiffusionSharp.Models.Folder;
using DiffusionSharp.Training.Runs;
using TestKit.Files;

namespace DiffusionSharp.Tests.Files.Storage;

public class RegularFileTests
{
    [Fact]
    public void Files_and_links_to_them_are_read()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["file"], "one\ntwo\n");
        File.CreateSymbolicLink(folder["link"], folder["file"]);
        foreach (var name in new[] { "file", "link" })
        {
            Assert.Equal("one\ntwo\n", RegularFile.ReadAllText(folder[name]));
            Assert.Equal(["one", "two"], RegularFile.ReadAllLines(folder[name]));
            Assert.Equal("one\ntwo\n"u8, RegularFile.ReadAllBytes(folder[name]));
            Assert.Equal(8, RegularFile.Length(folder[name]));
        }

        using (var zip = ZipFile.Open(folder["zip"], ZipArchiveMode.Create))
        {
            zip.CreateEntry("entry");
        }

        using (var zip = RegularFile.OpenZip(folder["zip"]))
        {
            Assert.Equal("entry", Assert.Single(zip.Entries).Name);
        }

        Assert.Throws<InvalidDataException>(() => RegularFile.OpenZip(folder["file"]));
        Assert.Throws<FileNotFoundException>(() => RegularFile.OpenRead(folder["nowhere"]));
        Assert.Throws<DirectoryNotFoundException>(() => RegularFile.OpenRead(folder["nowhere/file"]));
        Assert.Throws<DirectoryNotFoundException>(() => RegularFile.OpenRead(folder["file/file"]));
        Assert.Throws<UnauthorizedAccessException>(() => RegularFile.OpenRead(folder.Path));
    }

    [Fact]
    public void What_is_no_file_is_named_and_nobody_waits_for_it()
    {
        using var folder = new TemporaryFolder();
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(folder["socket"]));
        File.CreateSymbolicLink(folder["link"], NamedPipe.Create(folder["pipe"]));
        Refused("is a pipe", folder["pipe"]);
        Refused("is a pipe", folder["link"]);
        Refused("is a socket", folder["socket"]);
        Refused("is a device", "/dev/zero");
        Refused("is a device", "/dev/null");

        static void Refused(string what, string path) => NamedPipe.InTime(() =>
        {
            var e = Assert.Throws<IOException>(() => RegularFile.OpenRead(path));
            Assert.Contains($"'{path}' {what}", e.Message, StringComparison.Ordinal);
        });
    }

    public static TheoryData<string> Readers => [.. Opening.Keys];

    [Theory]
    [MemberData(nameof(Readers))]
    public void Every_reader_refuses_a_pipe(string reader)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["unet"]);
        foreach (var name in new[] { "pipe", "latest", "config.json", "manifest.json", "model_index.json", "unet/config.json" })
        {
            NamedPipe.Create(folder[name]);
        }

        NamedPipe.InTime(() =>
        {
            var e = Assert.ThrowsAny<Exception>(() => Opening[reader](folder));
            Assert.True(e is DiffusionException or IOException, $"{e}");
            Assert.Contains("is a pipe", e.Message, StringComparison.Ordinal);
        });
    }

    private static readonly Dictionary<string, Action<TemporaryFolder>> Opening = new()
    {
        ["tensors"] = f => TensorFiles.Open(f["pipe"]).Dispose(),
        ["pickle"] = f => PickleFile.Open(f["pipe"]).Dispose(),
        ["npy"] = f => NpyFile.Read(f["pipe"]),
        ["npz"] = f => NpzFile.Open(f["pipe"]).Dispose(),
        ["array"] = f => ArrayFile.Read(f["pipe"]),
        ["model"] = f => ModelSource.Open(f["pipe"]),
        ["model folder"] = f => ModelFolder.Open(f.Path),
        ["run"] = f => RunConfig.Read(f["config.json"]),
        ["latest checkpoint"] = f => new RunFolder(f.Path).Latest(),
        ["checkpoint"] = f => Checkpoint.ReadState(f.Path),
    };
}
