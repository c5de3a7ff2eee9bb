using System.CommandLine;
using System.Text.Json.Nodes;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Drawing;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Cli.Sources;
using DiffusionSharp.Models.Folder;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Cli.Verbs.Inspect;

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
          --ema | --raw        of a model with both: averaged weights [default], or the weights themselves
          --about K=V,…, --size N  what it does not say: num_heads=4 (ddim convert -h); images' size, 48x64
          --column NAME        of a parquet set, where the images are [image, else img, else the first]
          --json               as JSON; always with the tensors
        """;

    public static Command Create(CliHost host)
    {
        var path = new Argument<string?>("PATH") { Arity = ArgumentArity.ZeroOrOne };
        var tensors = new Option<bool>("--tensors");
        var raw = new Option<bool>("--raw");
        var ema = new Option<bool>("--ema");
        var about = new AboutOptions();
        var column = DataSource.ColumnOption();
        var json = JsonOption.Create();
        var command = new Command("inspect") { path, tensors, raw, ema, column, json };
        foreach (var option in about.All)
        {
            command.Add(option);
        }

        command.SetAction(r =>
        {
            var wanted = new Wanted(r.GetValue(raw), r.GetValue(ema), about.Read(r));
            var found = Look(ModelOption.Resolve(r.GetValue(path), host), wanted, r.GetValue(column), host);
            JsonOption.Print(host, r.GetValue(json), () => found, () => Outline.Text(found, r.GetValue(tensors)));
            return 0;
        });
        return command;
    }

    private static JsonObject Look(string path, Wanted wanted, string? column, CliHost host) => path switch
    {
        _ when column is not null => FileFacts.Data(path, column, host),

        // Whoever opens it says that there is nothing to be told of a folder.
        _ when wanted.About is not null && !File.Exists(path) => ModelFacts.Model(path, wanted),
        _ when new RunFolder(path) is { Exists: true } run && run.Latest() is null => ModelFacts.Run(path, run, null, wanted),
        _ when Directory.Exists(path) && RunCheckpoint.Find(path) is { } found => ModelFacts.Run(path, found.Run, found.Folder, wanted),
        _ when ModelFolder.IsModel(path) => ModelFacts.Model(path, wanted),
        _ when !File.Exists(path) => FileFacts.Data(path, column, host),
        _ => LookInto(path, wanted, host),
    };

    private static JsonObject LookInto(string path, Wanted wanted, CliHost host)
    {
        var kind = FileContent.Detect(path);
        try
        {
            return kind switch
            {
                FileContent.Kind.Tensors => TensorFacts.Read(path, wanted),
                FileContent.Kind.Npy => FileFacts.Npy(path),
                FileContent.Kind.Npz => FileFacts.Npz(path),
                FileContent.Kind.Picture => FileFacts.Picture(path),
                _ => FileFacts.Data(path, null, host),
            };
        }
        catch (DiffusionException e) when (e.Kind == ErrorKind.Data && kind is FileContent.Kind.Npy or FileContent.Kind.Npz)
        {
            // Any file of numbers that is damaged or hostile ends alike.
            throw new DiffusionException(ErrorKind.ModelFile, e.Message, e);
        }
    }
}
