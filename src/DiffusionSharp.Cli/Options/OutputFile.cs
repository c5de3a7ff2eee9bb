using System.CommandLine;

namespace DiffusionSharp.Cli.Options;

/// <summary>An option that names a file or folder to write. No recipe holds one: a picture from elsewhere must not say what is written.</summary>
internal sealed class OutputFile(string name, params string[] aliases) : Option<string?>(name, aliases);
