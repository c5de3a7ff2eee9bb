using System.CommandLine;

namespace DiffusionSharp.Cli.Options;

/// <summary>An option that names a file to read. A recipe holds the file's hash beside its name.</summary>
internal sealed class InputFile(string name) : Option<string?>(name);
