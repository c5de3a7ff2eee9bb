using DiffusionSharp.Imaging.Data;
using SkiaSharp;

namespace DiffusionSharp.Imaging.Tests.Data;

/// <summary>Classes by the innermost and by the outermost folder.</summary>
public sealed class FolderClassesTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("folder")]
    [InlineData("tar")]
    public void Folders_of_one_name_are_one_class_and_that_is_said(string kind)
    {
        var path = Data(kind, "a/x/0.png", "a/y/1.png", "b/x/2.png", "b/z/3.png");
        using var innermost = TestData.Open(path, new DataOptions().WithSize(4));
        Assert.Equal(["x", "y", "z"], innermost.ClassNames);
        Assert.Equal("the class x is of 2 folders, a/x, b/x; top-folders as classes takes the outermost ones instead", innermost.ClassNote);
        Assert.Equal(innermost.ClassNote, TestData.Check(path).ClassNote);

        using var top = TestData.Open(path, new DataOptions { Classes = ClassSource.TopFolders }.WithSize(4));
        Assert.Equal(["a", "b"], top.ClassNames);
        Assert.Null(top.ClassNote);
        Assert.Equal([0, 0, 1, 1], Enumerable.Range(0, 4).Select(i => top.ReadStored(i, new byte[top.Shape.Elements])).Order());
        Assert.NotEqual(innermost.Fingerprint, top.Fingerprint);
    }

    [Fact]
    public void A_folder_that_holds_all_images_is_no_top_folder()
    {
        var path = Data("tar", "all/in/a/x/0.png", "all/in/b/1.png");
        using var source = TestData.Open(path, new DataOptions { Classes = ClassSource.TopFolders }.WithSize(4));
        Assert.Equal(["a", "b"], source.ClassNames);
    }

    [Theory]
    [InlineData("a/0.png", "a/1.png", "a")]
    [InlineData("a/0.png", "a/b/1.png", "a")]
    [InlineData("a/0.png", "1.png", "")]
    public void Where_nothing_tells_images_apart_there_is_one_class_or_none(string one, string other, string classes)
    {
        using var source = TestData.Open(Data("folder", one, other), new DataOptions { Classes = ClassSource.TopFolders }.WithSize(4));
        Assert.Equal(classes, string.Join(' ', source.ClassNames));
    }

    private string Data(string kind, params string[] names)
    {
        foreach (var name in names)
        {
            folder.Write("in/" + name, Fixtures.Flat(4, 4, SKColors.Red));
        }

        if (kind == "folder")
        {
            return folder.Path("in");
        }

        Archive.Pack(kind, folder.Path("in"), folder.Path("packed"));
        return folder.Path("packed");
    }
}
