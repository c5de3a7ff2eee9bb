using System.CommandLine;
using DiffusionSharp.Files.Numpy;

namespace DiffusionSharp.Cli.CommandLine;

/// <summary>An option that names a file to read. A recipe holds the file's hash beside its name.</summary>
internal sealed class InputFile(string name) : Option<string?>(name)
{
    /// <summary>The file of a value: of <c>x.npz:name</c>, the archive.</summary>
    public static string FileOf(string value) => ArrayFile.Split(value).File;
}
