using DiffusionSharp.Files.Storage;

namespace DiffusionSharp.Tests.Files.Storage;

public class RealPathTests
{
    [Theory]
    [InlineData("photos", "photos", true)]
    [InlineData("photos/", "photos", true)]
    [InlineData("photos/runs/first", "photos", true)]
    [InlineData("photos/../photos/run", "photos/.", true)]
    [InlineData("link/run", "photos", true)]
    [InlineData("photos/run", "link", true)]
    [InlineData("link/again/again/run", "photos", true)]
    [InlineData("photos2", "photos", false)]
    [InlineData("photos/../run", "photos", false)]
    [InlineData("..photos", "photos", false)]
    [InlineData("photos", "photos/run", false)]
    [InlineData("loop/run", "photos", false)]
    [InlineData("deep/run", "photos", false)]
    public void A_path_lies_in_a_folder_by_whatever_links(string path, string within, bool expected)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["photos"]);
        Directory.CreateSymbolicLink(folder["link"], folder["photos"]);
        Directory.CreateSymbolicLink(folder["photos/again"], "../link");
        Directory.CreateSymbolicLink(folder["loop"], folder["loop"]);
        Directory.CreateSymbolicLink(folder["deep"], folder["deep/er"]);
        Assert.Equal(expected, RealPath.IsWithin(folder[path], folder[within]));
    }
}
