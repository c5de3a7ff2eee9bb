using DiffusionSharp.Imaging.Data;

namespace DiffusionSharp.Imaging.Tests.Data;

/// <summary>Opens and checks data sets until the test is stopped.</summary>
internal static class TestData
{
    public static ImageBatchSource Open(string path, DataOptions? options = null) =>
        (ImageBatchSource)DataSets.Open(path, options, cancellation: TestContext.Current.CancellationToken);

    public static DataReport Check(string path) => DataCheck.Run(path, cancellation: TestContext.Current.CancellationToken);
}
