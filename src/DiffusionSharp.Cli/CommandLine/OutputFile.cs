using System.CommandLine;

namespace DiffusionSharp.Cli.CommandLine;

/// <summary>An option that names a file or folder to write. No recipe holds one: a picture from elsewhere must not say what is written.</summary>
internal sealed class OutputFile(string name, params string[] aliases) : Option<string?>(name, aliases)
{
    /// <summary>The file, checked before the work begins: its name may not say another format than is written, and one that is there is replaced, which is said.</summary>
    /// <param name="r">The command line.</param>
    /// <param name="host">Is told of the replacement.</param>
    /// <param name="formats">The extensions of what can be written.</param>
    /// <param name="usual">The file when none was named.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Usage"/>: the extension is another, or the file is one that is read.</exception>
    public string? File(ParseResult r, CliHost host, IReadOnlyList<string> formats, string? usual = null)
    {
        if ((r.GetValue(this) ?? usual) is not { } path)
        {
            return null;
        }

        if (Path.EndsInDirectorySeparator(path) || Directory.Exists(path))
        {
            throw new DiffusionException(ErrorKind.Usage, $"{Name} {path}: one file is written, and that is a folder; name a file in it, such as {Path.Join(path, $"x{formats[0]}")}");
        }

        OutputName.RequireFormat(Name, path, formats);
        var outputs = r.CommandResult.Command.Options.OfType<OutputFile>().Where(o => o != this);
        if (outputs.FirstOrDefault(o => r.GetValue(o) is { } other && Path.GetFullPath(other) == Path.GetFullPath(path)) is { } same)
        {
            throw new DiffusionException(ErrorKind.Usage, $"{Name} {path} is the file that {same.Name} writes; name another one");
        }

        var inputs = r.CommandResult.Command.Options.OfType<InputFile>();
        if (inputs.FirstOrDefault(o => r.GetValue(o) is { } read && Path.GetFullPath(InputFile.FileOf(read)) == Path.GetFullPath(path)) is { } input)
        {
            throw new DiffusionException(ErrorKind.Usage, $"{Name} {path} is the file that {input.Name} reads; name another one");
        }

        // Devices have no length.
        if (new FileInfo(path) is { Exists: true, Length: > 0 })
        {
            host.Error.WriteLine($"note: {path} is there and will be replaced");
        }

        return path;
    }
}
