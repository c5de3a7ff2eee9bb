using DiffusionSharp.Imaging.Data;
using SkiaSharp;
using TestKit.Files;

namespace DiffusionSharp.Imaging.Tests.Data;

/// <summary>A named pipe among the data, which keeps whoever opens it waiting.</summary>
public class SpecialFileTests
{
    [Fact]
    public void Among_images_it_is_a_bad_file()
    {
        using var folder = new TempFolder();
        folder.Write("a/good.png", Fixtures.Flat(4, 4, SKColors.Red));
        File.CreateSymbolicLink(folder.Path("a/link.png"), folder.Path("a/good.png"));
        NamedPipe.Create(folder.Path("a/pipe.png"));
        NamedPipe.Create(folder.Path("a/pipe"));
        File.CreateSymbolicLink(folder.Path("a/zero.png"), "/dev/zero");
        NamedPipe.InTime(() =>
        {
            var report = TestData.Check(folder.Root);
            Assert.Equal(2, report.Images);
            Assert.Equal(["a/pipe.png", "a/zero.png"], report.Bad.Select(b => b.Name));
            Assert.Contains("is a pipe", report.Bad[0].Reason, StringComparison.Ordinal);
            Assert.Contains("is a device", report.Bad[1].Reason, StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("x.png")]
    [InlineData("x.zip")]
    [InlineData("data.mdb")]
    [InlineData("dataset.json")]
    [InlineData("t10k-images-idx3-ubyte")]
    [InlineData("data_batch_1.bin")]
    [InlineData("data_batch_1")]
    [InlineData("train_X.bin")]
    [InlineData("x.parquet")]
    public void As_a_data_set_it_is_refused(string name)
    {
        using var folder = new TempFolder();
        NamedPipe.Create(folder.Path(name));
        NamedPipe.InTime(() =>
        {
            Refused(() => TestData.Check(folder.Path(name)));
            if (name is "dataset.json")
            {
                Assert.Contains("is a pipe", Labelled().LabelProblem, StringComparison.Ordinal);
            }
            else if (name is not ("x.zip" or "x.png"))
            {
                Refused(() => TestData.Check(folder.Root));
            }
        });

        DataReport Labelled()
        {
            folder.Write("0/1.png", Fixtures.Flat(4, 4, SKColors.Red));
            return TestData.Check(folder.Root);
        }

        static void Refused(Func<object> read)
        {
            var e = Assert.Throws<DiffusionException>(read);
            Assert.Equal(ErrorKind.Data, e.Kind);
            Assert.Contains("is a pipe", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Links_are_as_long_as_what_they_lead_to()
    {
        using var folder = new TempFolder();
        folder.Write("blobs/0", [.. Enumerable.Repeat((byte)1, 2 * 3073)]);
        File.CreateSymbolicLink(folder.Path("data_batch_1.bin"), folder.Path("blobs/0"));
        Assert.Equal(2, TestData.Check(folder.Root).Images);
        Assert.Equal(2, TestData.Check(folder.Path("data_batch_1.bin")).Images);
    }
}
