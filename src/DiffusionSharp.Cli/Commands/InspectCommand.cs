using System.CommandLine;
using System.Text.Json.Nodes;
using DiffusionSharp.Cli.Inspection;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Cli.Shell;
using DiffusionSharp.Training;

namespace DiffusionSharp.Cli.Commands;

/// <summary><c>ddim inspect</c>: says what is in a file or folder.</summary>
internal static class InspectCommand
{
    public const string Help = """
        Example:  ddim inspect runs/shapes

        Says what is in a model folder (network, schedule, parameters, FLOP per image), a training
        run (how far it is, too), a .safetensors, .npy or .npz file, a PNG (its recipe, from which ddim
        makes it again), or a data set. Without PATH, the bundled model.

          --tensors    also list the name and shape of every tensor
          --json       as JSON; always with the tensors
        """;

    public static Command Create(CliHost host)
    {
        var path = new Argument<string?>("PATH") { Arity = ArgumentArity.ZeroOrOne };
        var tensors = new Option<bool>("--tensors");
        var json = JsonOption.Create();
        var command = new Command("inspect") { path, tensors, json };
        command.SetAction(r =>
        {
            var found = Look(ModelOption.Resolve(r.GetValue(path), host), host);
            JsonOption.Print(host, r.GetValue(json), () => found, () => Outline.Text(found, r.GetValue(tensors)));
            return 0;
        });
        return command;
    }

    private static JsonObject Look(string path, CliHost host) => path switch
    {
        _ when path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) => FileFacts.Safetensors(path),
        _ when path.EndsWith(".npy", StringComparison.OrdinalIgnoreCase) => FileFacts.Npy(path),
        _ when path.EndsWith(".npz", StringComparison.OrdinalIgnoreCase) => FileFacts.Npz(path),
        _ when Path.GetExtension(path).ToLowerInvariant() is ".png" or ".apng" && File.Exists(path) => FileFacts.Picture(path),
        _ when new RunFolder(path).Exists => ModelFacts.Run(path),
        _ when File.Exists(Path.Combine(path, "model_index.json")) => ModelFacts.Model(path),
        _ => FileFacts.Data(path, host),
    };
}
