using System.CommandLine;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Drawing;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Cli.Output;
using DiffusionSharp.Cli.Recipes;
using DiffusionSharp.Cli.Verbs.Invert;
using DiffusionSharp.Models;

namespace DiffusionSharp.Cli.Verbs.Reconstruct;

/// <summary><c>ddim reconstruct</c>: the DDIM paper's table 2 for any model.</summary>
internal sealed class ReconstructCommand
{
    public static string Help { get; } = $$"""
        Example:  ddim reconstruct builtin:shapes --steps 10,20,50,100

        Encodes images as x_T and decodes them, at each number of steps, and says what was lost: the
        DDIM paper's table 2. Nothing is clipped on the way. The error is the mean squared error per
        pixel and channel, of images scaled to 0…1; the decoded ones are not clamped to that.

          DATA…                  image files, a folder or archive of images, or builtin:shapes;
                                 made the model's size (short side, then centre crop)
          --count N              the first N images [all; 16 of builtin:shapes]
          --column NAME          of parquet, where the images are [image, else img, else the first]
          --steps LIST           numbers of steps, in any order [10,20,50,100,200,500,1000]
          --spacing RULE         {{SamplingOptions.Spacings}}
          --level L              of an encoding step from s up to t, the network is called at:
                                 target (t), current (s, the paper's Euler step), or refined (t,
                                 repeated until decoding would undo the step) [target]
          --model, -m PATH       model folder, checkpoint file or training run [the bundled model]
          --ema | --raw          where it has both: averaged weights [default], or the weights themselves
          --about K=V,…, --size N  what it does not say: num_heads=4 (ddim convert -h); images' size, 48x64
          --labels, --class LIST class of all images, or of each, by number or name
          --guidance W           how much the class counts, see ddim sample [1]
          --out, -o DIR          a new folder: table.csv, table.json, and sheet.png: the images (at most
                                 16) over what came back, a row for each number of steps
                                 [reconstruction]
          --scale N              each pixel N × N on sheet.png [small images are made larger]
          --csv | --json         prints table.csv or table.json instead of text: steps, mse, psnr (in
                                 dB), networkCalls (for each image, up and down)
          --engine E, --device D cpu: the managed engine [cpu]; torch, on cpu or cuda:N, in builds with it
          --weights W            of the managed engine: float32, bfloat16 or half [float32]
          --batch N, --threads N images in one network call [16], threads of a call [all cores]
        """;

    private static readonly int[] Table2 = [10, 20, 50, 100, 200, 500, 1000];

    private readonly CliHost host;
    private readonly EncodingOptions encoding = new("DATA");
    private readonly Option<int[]> steps = Parse.Distinct<int>("--steps");
    private readonly OutputFile output = new("--out", "-o");
    private readonly PictureOptions picture = new();
    private readonly TableOptions form = new();
    private readonly SamplingOptions sampling = new();
    private readonly LoadOptions load = new();

    private ReconstructCommand(CliHost host) => this.host = host;

    public static Command Create(CliHost host)
    {
        var reconstruct = new ReconstructCommand(host);
        var command = new Command("reconstruct")
        {
            reconstruct.encoding.Images, reconstruct.steps, reconstruct.sampling.Spacing, reconstruct.output, reconstruct.picture.Scale,
        };
        foreach (var option in reconstruct.encoding.All.Concat(reconstruct.form.All).Concat(reconstruct.load.All))
        {
            command.Add(option);
        }

        command.SetAction(reconstruct.Run);
        return command;
    }

    private int Run(ParseResult r)
    {
        var (csv, json) = form.Resolve(r);
        using var loaded = load.Load(r, host);
        var run = Prepare(r, loaded);
        var recipe = new Recipe(load.Asked(r, load.BatchSize(r), ("data", string.Join(' ', r.GetValue(encoding.Images)!))), loaded.Source!, run.Plans[^1]);
        var folder = OutputFolder.Create(r.GetValue(output) ?? "reconstruction");
        var rows = run.Run(ReconstructionTable.Rows.Printer(host.Out, csv, json));
        ReconstructionFolder.Write(folder, run, rows, picture.Look(r), recipe.ToJson([], run.Labels));
        if (json)
        {
            host.Out.WriteLine(JsonOption.Text(ReconstructionTable.Json(rows)));
        }

        OutputFolder.TellFiles(host, folder, aside: true);
        foreach (var note in run.Plans.SelectMany(p => p.Notes).Distinct())
        {
            host.Error.WriteLine($"note: {Human.Plain(note)}");
        }

        return 0;
    }

    private ReconstructionRun Prepare(ParseResult r, DiffusionModel model)
    {
        var (shape, T) = (model.Shape, model.Schedule.T);
        var images = encoding.Read(r, model, host.Interruption.Token);
        var options = load.Complete(r, sampling.ResolveTau(r, model.Scheduler)) with
        {
            Labels = load.Classes(r, model, images.Length / shape.Elements),
        };
        return new ReconstructionRun(
            host, model, images, options, encoding.Level(r), r.Or(steps, [.. Table2.Where(s => s <= T).DefaultIfEmpty(T)]));
    }
}
