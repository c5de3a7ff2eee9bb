using System.Text;
using DiffusionSharp.Imaging.Data;
using SkiaSharp;

namespace DiffusionSharp.Imaging.Tests.Data;

/// <summary>Labels in files beside the images of folders and archives.</summary>
public sealed class LabelFilesTests : IDisposable
{
    private static readonly DataOptions Options = new DataOptions { Classes = ClassSource.Data }.WithSize(8);
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("folder")]
    [InlineData("zip")]
    [InlineData("tar")]
    [InlineData("tar.gz")]
    public void Metadata_of_an_imagefolder_is_read_in_the_root_and_in_folders(string kind)
    {
        Images("a/0.png", "a/1.png", "b/c/0.png", "b/c/1.png", "b/c/2.png");
        Text("metadata.jsonl", """
            {"file_name": "a/0.png", "label": "dog", "text": "a dog"}

            {"file_name": "./a/../a/1.png", "label": "cat"}
            {"file_name": "a/none.png", "label": "bird"}
            """);
        Text("b/metadata.jsonl", string.Join("\r\n", [
            "\uFEFF{\"label\": \"cat\", \"file_name\": \"c/0.png\"}", "{\"file_name\": \"c/1.png\", \"label\": null}", "{\"file_name\": \"c/2.png\"}", ""]));
        Assert.Equal(
            "a/0.png dog, a/1.png cat, b/c/0.png cat, b/c/1.png -, b/c/2.png -",
            Labels(Packed(kind), "a/0.png", "a/1.png", "b/c/0.png", "b/c/1.png", "b/c/2.png"));
    }

    [Theory]
    [InlineData("folder")]
    [InlineData("zip")]
    [InlineData("tar")]
    [InlineData("tar.gz")]
    public void Parts_of_a_sample_of_WebDataset_say_its_class(string kind)
    {
        Images("s/000.jpg.png", "s/001.png", "s/002.png", "s/003.png", "t/001.png");
        Text("s/000.cls", "2\n");
        Text("s/000.json", """{"label": 7}""");
        Text("s/001.json", """{"label": 1, "width": 4}""");
        Text("s/002.json", """{"caption": "nothing"}""");
        Text("s/.003.cls", "3");
        Text("t/001.CLS", "0");
        Text("s/annotations.json", "[this is nothing of ours");
        Assert.Equal(
            "s/000.jpg.png 2, s/001.png 1, s/002.png -, s/003.png -, t/001.png 0",
            Labels(Packed(kind), "s/000.jpg.png", "s/001.png", "s/002.png", "s/003.png", "t/001.png"));
    }

    [Theory]
    [InlineData("""{"file_name": "../0.png", "label": 1}""", "line 1: 'file_name' is ../0.png, which leads out of the data")]
    [InlineData("""{"file_name": "/0.png", "label": 1}""", "which leads out of the data")]
    [InlineData("""{"file_name": "0.png", "label": [1, 0]}""", "line 1: 0.png: the label is [1, 0]; the number or the name of one class is expected")]
    [InlineData("""{"file_name": "0.png", "label": 0.5}""", "the label is 0.5")]
    [InlineData("""{"file_name": 3, "label": 1}""", "no text 'file_name'")]
    [InlineData("{}\n[1]", "line 2: Array found, an object such as")]
    [InlineData("{\"file_name\"", "line 1: ")]
    [InlineData("{\"file_name\": \"0.png\", \"label\": 1}\n{\"file_name\": \"0.png\", \"label\": 2}", "line 2: 0.png: it is listed twice")]
    [InlineData("{\"file_name\": \"0.png\", \"label\": 1}\n{\"file_name\": \"1.png\", \"label\": \"x\"}", "numbers or names, not both")]
    [InlineData("""{"file_name": "0.png", "label": -3}""", "label -3 is found")]
    [InlineData("""{"file_name": "9.png", "label": 1}""", ClassLabels.NoneFits)]
    public void What_is_wrong_with_metadata_is_said_and_stops_no_reading(string text, string problem)
    {
        Images("0.png", "1.png");
        Text("metadata.jsonl", text);
        AssertProblem(problem);
    }

    [Fact]
    public void Too_large_files_of_labels_are_not_read()
    {
        Images("0.png");
        folder.Write("in/0.json", new byte[(1 << 20) + 1]);
        AssertProblem("0.json: 1048577 bytes are more than the limit of 1048576");
        Text("0.cls", new string('x', 1025));
        AssertProblem("0.cls: 1025 bytes are more than the limit of 1024");
        Text("0.cls", "dog");
        Assert.Equal("0.png dog", Labels(folder.Path("in"), "0.png"));
        Text("metadata.jsonl", new string(' ', 20) + "{" + new string(' ', 1 << 20));
        AssertProblem("line 1: it has");
    }

    [Fact]
    public void Nobody_meets_them_who_did_not_ask()
    {
        Images("a/0.png", "b/1.png");
        Text("metadata.jsonl", "nothing");
        using var source = TestData.Open(folder.Path("in"), new DataOptions().WithSize(8));
        Assert.Equal(["a", "b"], source.ClassNames);
        File.Delete(folder.Path("in/metadata.jsonl"));
        using var asked = TestData.Open(folder.Path("in"), Options);
        Assert.Empty(asked.ClassNames);
        Assert.Null(asked.LabelProblem);
    }

    private void Images(params string[] names)
    {
        foreach (var (i, name) in names.Index())
        {
            folder.Write("in/" + name, Fixtures.Flat(8, 8, new SKColor((byte)(10 * i), 0, 0)));
        }
    }

    private void Text(string name, string text) => folder.Write("in/" + name, Encoding.UTF8.GetBytes(text));

    private string Packed(string kind)
    {
        if (kind == "folder")
        {
            return folder.Path("in");
        }

        Archive.Pack(kind, folder.Path("in"), folder.Path("packed"));
        return folder.Path("packed");
    }

    /// <summary>The label of each image, which its red tells apart.</summary>
    private static string Labels(string path, params string[] names)
    {
        using var source = TestData.Open(path, Options);
        Assert.Null(source.LabelProblem);
        var pixels = new byte[source.Shape.Elements];
        return string.Join(", ", Enumerable.Range(0, names.Length)
            .Select(i => (Label: source.ReadStored(i, pixels), Image: pixels[0] / 10))
            .OrderBy(i => i.Image)
            .Select(i => $"{names[i.Image]} {(i.Label < 0 ? "-" : source.ClassNames[i.Label])}"));
    }

    private void AssertProblem(string problem)
    {
        using var source = TestData.Open(folder.Path("in"), Options);
        Assert.Empty(source.ClassNames);
        Assert.Contains(problem, source.LabelProblem, StringComparison.Ordinal);
        Assert.Equal(source.LabelProblem, DataCheck.Run(folder.Path("in"), Options, cancellationToken: TestContext.Current.CancellationToken).LabelProblem);
    }
}
