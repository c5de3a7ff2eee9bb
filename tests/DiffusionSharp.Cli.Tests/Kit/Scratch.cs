namespace DiffusionSharp.Cli.Tests.Kit;

/// <summary>A folder that is gone after the test.</summary>
public sealed class Scratch : IDisposable
{
    private readonly DirectoryInfo root = Directory.CreateTempSubdirectory("ddim-test-");

    public string this[string name] => Path.Combine(root.FullName, name);

    public string Root => root.FullName;

    public string Text(string name, string text)
    {
        File.WriteAllText(this[name], text);
        return this[name];
    }

    public void Dispose() => root.Delete(recursive: true);
}
