using System.Text;
using DiffusionSharp.Files.Pickle;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Tests.Files.Kit;
using TestKit.Files;

namespace DiffusionSharp.Tests.Files.Pickle;

/// <summary>Checkpoints from strangers: each is refused by the one exception, with file and reason, for less memory than its size and 4 MiB.</summary>
public class HostileTorchTests
{
    public static TheoryData<string> Pickles => [.. HostilePickles.All.Keys];

    public static TheoryData<string> Containers => [.. HostileContainers.All.Keys];

    [Theory]
    [MemberData(nameof(Pickles))]
    public void A_hostile_pickle_is_refused_in_a_zip_archive_and_in_the_old_format(string what)
    {
        var (pickle, reason) = HostilePickles.All[what];
        Refusal.Expect(HostilePickles.Zip(pickle), reason, what);
        Refusal.Expect(TorchWriter.Legacy(pickle, ("0", 4, new byte[16])), "", what);
    }

    [Theory]
    [MemberData(nameof(Containers))]
    public void A_hostile_container_is_refused(string what)
    {
        var (make, reason) = HostileContainers.All[what];
        Refusal.Expect(make(), reason, what);
    }

    [Fact]
    public void The_file_that_the_hostile_ones_are_made_of_is_accepted()
    {
        Assert.Null(Refusal.Open(HostilePickles.Zip(new PickleWriter().Plain().Stop()), "zip"));
        Assert.Null(Refusal.Open(HostileContainers.Legacy(), "legacy"));
        Assert.Null(Refusal.Open(HostileContainers.Zip().ToBytes(), "zip"));
    }

    [Theory]
    [InlineData(1024, true)]
    [InlineData(1025, false)]
    public void Only_short_bytes_are_text_for_shared_ones_are_decoded_at_each_of_a_million_visits(int length, bool isText)
    {
        using var file = PickleFile.Read(FileBytes.FromMemory(Refusal.Path, new PickleWriter().Bytes(Encoding.ASCII.GetBytes(new string('x', length))).Stop()));
        Assert.Equal(isText, file.Root.AsText() is not null);
    }

    [Fact]
    public void An_empty_tensor_of_huge_dimensions_has_no_elements()
    {
        var pickle = new PickleWriter().Tensor("FloatStorage", "0", 4, 0, [int.MaxValue, int.MaxValue, int.MaxValue, 0], [1, 1, 1, 1]).Stop();
        Assert.Null(Refusal.Open(HostilePickles.Zip(pickle), "empty", file =>
        {
            Assert.Equal(0, file.Tensors["tensor"].ByteLength);
            Assert.Empty(file.ReadFloat32("tensor").Data);
        }));
        var header = "{\"a\":{\"dtype\":\"F32\",\"shape\":[2147483647,2147483647,2147483647,0],\"data_offsets\":[0,0]}}";
        Assert.Null(Refusal.Open(TorchWriter.SafetensorsBytes(header, []), "empty", file => Assert.Equal(0, file.Tensors["a"].Elements)));
    }

    [Fact]
    public void What_PyTorch_2_adds_to_its_archives_is_no_obstacle()
    {
        // Storages at multiples of 64 bytes by an extra field of the local header, three more files, storages without a type, on a GPU.
        var pickle = new PickleWriter().Call("torch._utils", "_rebuild_tensor_v3", p => p
            .Do("(").Text("storage").Global("torch.storage", "UntypedStorage").Text("0").Text("cuda:0").Int(16).Do("tQ")
            .Int(0).Ints([2, 2]).Ints([2, 1]).Do("\x89").Call("collections", "OrderedDict", _ => { }).Global("torch", "float32")).Stop();
        var plain = TorchWriter.Zip(pickle, ("0", [.. BitConverter.GetBytes(1f), .. BitConverter.GetBytes(2f), .. BitConverter.GetBytes(3f), .. BitConverter.GetBytes(4f)]));
        var file = new ZipWriter
        {
            Entries =
            [
                plain.Entries[0], new("archive/.format_version", "1"u8.ToArray()), new("archive/.storage_alignment", "64"u8.ToArray()), .. plain.Entries[1..],
                new("archive/.data/serialization_id", new byte[40]),
            ],
        }.ToBytes();
        Assert.Null(Refusal.Open(file, "PyTorch 2", f => Assert.Equal([1f, 2, 3, 4], f.ReadFloat32("tensor").Data)));
    }

    [Theory]
    [InlineData("zip")]
    [InlineData("legacy")]
    [InlineData("zip, protocol 4")]
    [InlineData("safetensors")]
    public void Cut_off_at_every_97th_byte_it_is_refused(string kind)
    {
        var whole = ValidFiles.All[kind];
        Assert.Null(Refusal.Open(whole, kind));
        for (var length = 0; length < whole.Length; length += 97)
        {
            Refusal.Expect(whole[..length], "", $"{kind} cut to {length} of {whole.Length} bytes");
        }
    }

    [Fact]
    public void A_plain_pickle_is_read_as_data_and_refuses_what_is_none()
    {
        var path = Refusal.Path;
        var e = Assert.Throws<DiffusionException>(() => PickleFile.Read(FileBytes.FromMemory(path, new PickleWriter().Call("os", "system", p => p.Text("true")).Stop())));
        Assert.Contains("'os.system'", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<DiffusionException>(() => PickleFile.Read(FileBytes.FromMemory(path, new PickleWriter().Plain().Stop())));
        Assert.Contains("plain pickle", e.Message, StringComparison.Ordinal);
    }
}
