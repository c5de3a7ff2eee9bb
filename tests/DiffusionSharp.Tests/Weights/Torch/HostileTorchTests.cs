using DiffusionSharp.Tests.Weights.Kit;
using DiffusionSharp.Weights;
using TestKit.Files;

namespace DiffusionSharp.Tests.Weights.Torch;

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
        var e = Assert.Throws<DiffusionException>(() => PickleFile.Read(FileBytes.Of(path, new PickleWriter().Call("os", "system", p => p.Text("true")).Stop())));
        Assert.Contains("'os.system'", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<DiffusionException>(() => PickleFile.Read(FileBytes.Of(path, new PickleWriter().Plain().Stop())));
        Assert.Contains("plain pickle", e.Message, StringComparison.Ordinal);
    }
}
