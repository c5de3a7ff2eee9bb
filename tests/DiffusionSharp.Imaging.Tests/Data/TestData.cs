using DiffusionSharp.Imaging.Data;

namespace DiffusionSharp.Imaging.Tests.Data;

/// <summary>Opens and checks data sets until the test is stopped.</summary>
internal static class TestData
{
    public static ImageBatchSource Open(string path, DataOptions? options = null) =>
        (ImageBatchSource)DataSets.Open(path, options, cancellationToken: TestContext.Current.CancellationToken);

    /// <summary>Labels that make no classes: the images are read, and the reason is said.</summary>
    public static void AssertNoClasses(string reason, string path, DataOptions? options = null)
    {
        using var source = Open(path, options);
        Assert.NotEqual(0, source.ImagesPerEpoch);
        Assert.Empty(source.BadFiles);
        Assert.Empty(source.ClassNames);
        Assert.Contains(reason, source.LabelProblem, StringComparison.Ordinal);
        Assert.Equal(source.LabelProblem, Check(path).LabelProblem);
    }

    public static DataReport Check(string path) => DataCheck.Run(path, cancellationToken: TestContext.Current.CancellationToken);
}
