using System.CommandLine;
using System.Text.Json.Nodes;
using DiffusionSharp.Cli.Inspection;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Cli.Runs;
using DiffusionSharp.Cli.Shell;
using DiffusionSharp.Training;
using DiffusionSharp.Weights;

namespace DiffusionSharp.Cli.Commands;

/// <summary><c>ddim inspect</c>: says what is in a file or folder.</summary>
internal static class InspectCommand
{
    public const string Help = """
        Example:  ddim inspect ckpt.pth --tensors

        Says what is in a model folder (network, schedule, parameters, FLOP per image), a training
        run (how far it is, too), a file of tensors (safetensors, torch.save: whose network it is and
        what is missing to sample it), a .npy or .npz file, a PNG (its recipe, from which ddim makes
        it again), or a data set. Nothing in a file is ever run. Without PATH, the bundled model.

          --tensors            also print the tree of all tensors: names, types and shapes
          --raw, --about K=V,… of a checkpoint: the weights themselves instead of their average;
                               what it does not say of itself: image_size=64 (ddim convert -h)
          --column NAME        of a parquet set, where the images are [image, else img, else the first]
          --json               as JSON; always with the tensors
        """;

    public static Command Create(CliHost host)
    {
        var path = new Argument<string?>("PATH") { Arity = ArgumentArity.ZeroOrOne };
        var tensors = new Option<bool>("--tensors");
        var raw = new Option<bool>("--raw");
        var about = ModelOptions.AboutOption();
        var column = DataSource.ColumnOption();
        var json = JsonOption.Create();
        var command = new Command("inspect") { path, tensors, raw, about, column, json };
        command.SetAction(r =>
        {
            var found = Look(ModelOption.Resolve(r.GetValue(path), host), r.GetValue(raw), r.GetValue(about), r.GetValue(column), host);
            JsonOption.Print(host, r.GetValue(json), () => found, () => Outline.Text(found, r.GetValue(tensors)));
            return 0;
        });
        return command;
    }

    private static JsonObject Look(string path, bool raw, CheckpointFacts? about, string? column, CliHost host) => path switch
    {
        _ when column is not null => FileFacts.Data(path, column, host),

        // Whoever opens it says that there is nothing to be told of a folder.
        _ when about is not null && !File.Exists(path) => ModelFacts.Model(path, raw, about),
        _ when new RunFolder(path).Exists => ModelFacts.Run(path, raw),
        _ when ModelFolder.IsModel(path) => ModelFacts.Model(path, raw, about),
        _ when !File.Exists(path) => FileFacts.Data(path, column, host),
        _ => FileContent.Of(path) switch
        {
            FileContent.Kind.Tensors => TensorFacts.Of(path, raw, about),
            FileContent.Kind.Npy => FileFacts.Npy(path),
            FileContent.Kind.Npz => FileFacts.Npz(path),
            FileContent.Kind.Picture => FileFacts.Picture(path),
            _ => FileFacts.Data(path, column, host),
        },
    };
}
