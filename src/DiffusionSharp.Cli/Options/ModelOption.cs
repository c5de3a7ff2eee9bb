using System.CommandLine;
using DiffusionSharp.Cli.CommandLine;

namespace DiffusionSharp.Cli.Options;

/// <summary><c>--model</c>: a model folder, a checkpoint file or a run; without it, the model that comes with the program.</summary>
internal static class ModelOption
{
    /// <summary>The bundled model's name.</summary>
    public const string Bundled = "shapes-32";

    public static Option<string?> Create() => new("--model", "-m");

    /// <summary>The folder of the bundled model, whether it is there or not.</summary>
    public static string BundledFolder(CliHost host) => Path.Combine(host.ProgramFolder, "models", Bundled);

    /// <summary>The folder that was named, or the bundled model's.</summary>
    /// <exception cref="DiffusionException">None was named, and none came with the program.</exception>
    public static string Resolve(string? given, CliHost host)
    {
        if (given is not null)
        {
            return given;
        }

        var bundled = BundledFolder(host);
        return Directory.Exists(bundled)
            ? bundled
            : throw new DiffusionException(
                ErrorKind.ModelFile,
                $"no --model was given and the bundled model is not in {bundled}; name a model folder, a checkpoint file or a run, or train one: ddim train builtin:shapes --out runs/shapes");
    }
}
