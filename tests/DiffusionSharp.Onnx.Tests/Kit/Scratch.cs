namespace DiffusionSharp.Onnx.Tests.Kit;

/// <summary>A folder that is gone after the test.</summary>
public abstract class Scratch : IDisposable
{
    private readonly DirectoryInfo root = Directory.CreateTempSubdirectory("onnx-test-");

    protected string Folder => root.FullName;

    protected string Model => Path.Combine(Folder, "model.onnx");

    public void Dispose()
    {
        root.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }
}
