using System.CommandLine;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Drawing;
using DiffusionSharp.Cli.Optional;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Cli.Output;
using DiffusionSharp.Cli.Recipes;
using DiffusionSharp.Models;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;

namespace DiffusionSharp.Cli.Verbs.Sweep;

/// <summary><c>ddim sweep</c>: the axes of the DDIM paper's table 1.</summary>
internal sealed class SweepCommand
{
    public static string Help { get; } = $$"""
        Example:  ddim sweep --steps 10,20,50,100 --eta 0,0.2,0.5,1,hat --out sweep/

        Samples the same seeds at every number of steps and every eta (the axes of the DDIM paper's
        table 1), and measures for each pair
        - the time per image: the median time of a network call with its step, times the calls, so
          that what else the machine does counts little (figure 4: it is linear in the steps);
        - for models of builtin:shapes, how many images the checker recognises (see ddim score);
        - consistency (section 5.2): the mean squared error per pixel and channel, scaled to 0…1, to
          the images of the most steps at eta = 0 from the same x_T, and its PSNR in dB.

          --steps LIST           numbers of steps [10,20,50,100]
          --eta LIST             0 deterministic … 1 DDPM; hat = DDPM, larger variance; learned = DDPM,
                                 the network's variance (of 2C channels) [0,0.2,0.5,1,hat]
          --solver NAME          {{SamplingOptions.Solvers}}; only ddim has eta
          --spacing RULE         {{SamplingOptions.Spacings}}
          --clip | --no-clip | --threshold Q
                                 what is done to predicted x0 [as the model says]
          --model, -m PATH       model folder, checkpoint file or training run [the bundled model]
          --ema | --raw          where it has both: averaged weights [default], or the weights themselves
          --about K=V,…, --size N  what it does not say: num_heads=4 (ddim convert -h); images' size, 48x64
          --count N              images of each pair; the sheet shows the first 16 [16]
          --seed S               seed of the first [0]
          --seeds LIST           the seed of each: 0-63 or 1,5,9-12
          --labels, --class LIST class of all images, or of each, by number or name
          --guidance W           how much the class counts, see ddim sample [1]
          --from PICTURE.png     how this sheet was made
          --out, -o DIR          a new folder: sheet.png, time.png, table.csv, table.json [sweep]
          --scale N              each pixel N × N on sheet.png [small images are made larger]
          --csv | --json         prints table.csv or table.json instead of text
          --engine E, --device D cpu: the managed engine [cpu]; torch, on cpu or cuda:N, in builds with it
          --weights W            of the managed engine: float32, bfloat16 or half [float32]
          --batch N, --threads N images in one network call [16], threads of a call [all cores]
        """;

    private static readonly int[] Table1Steps = [10, 20, 50, 100];
    private static readonly Eta[] Table1Etas = [0, 0.2, 0.5, 1, Eta.Hat];

    private readonly CliHost host;
    private readonly FromOption from = new("sweep");
    private readonly Option<int[]> steps = Parse.Distinct<int>("--steps");
    private readonly Option<Eta[]> etas = Parse.Distinct("--eta", Eta.Parse);
    private readonly OutputFile output = new("--out", "-o");
    private readonly PictureOptions picture = new();
    private readonly TableOptions form = new();
    private readonly SamplingOptions sampling = new();
    private readonly SeedOptions seedOptions = new();
    private readonly LoadOptions load = new();

    private SweepCommand(CliHost host) => this.host = host;

    public static Command Create(CliHost host)
    {
        var sweep = new SweepCommand(host);
        var command = new Command("sweep") { sweep.from, sweep.steps, sweep.etas, sweep.output, sweep.picture.Scale };
        var sampling = sweep.sampling.All.Except([sweep.sampling.Steps, sweep.sampling.Timesteps, sweep.sampling.Eta]);
        foreach (var option in sampling.Concat(sweep.seedOptions.All).Concat(sweep.load.All).Concat(sweep.form.All))
        {
            command.Add(option);
        }

        command.SetAction(sweep.Run);
        return command;
    }

    private int Run(ParseResult r)
    {
        var (csv, json) = form.Resolve(r);
        using var loaded = load.Load(r, host);
        Sheet.RequireColours(loaded.Shape);
        var sweep = Prepare(r, loaded);
        var recipe = Describe(r, sweep);
        string[] notes = [.. sweep.Notes, .. TimePlot.Notes, .. from.Check(r, recipe)];
        var folder = OutputFolder.Create(r.GetValue(output) ?? "sweep");
        var (cells, result) = sweep.Run(SweepTable.Rows(sweep.Images).Printer(host.Out, csv, json));
        var table = SweepTable.Json(sweep, cells, result, folder, notes);
        SweepFolder.Write(folder, sweep, cells, picture.Look(r), table, recipe.ToJson([.. sweep.Options.Seeds!], sweep.Options.Labels));
        if (json)
        {
            host.Out.WriteLine(JsonOption.Text(table));
            OutputFolder.TellFiles(host, folder, aside: true);
            return 0;
        }

        if (!csv)
        {
            host.Out.WriteLine(FormattableString.Invariant($"{cells.Count} × {Human.Images(sweep.Images)} in {folder}: {Human.Quantity(result.Calls, "network call")}, {result.Seconds:F1} s; s/image is {SweepTable.Timing}"));
        }

        OutputFolder.TellFiles(host, folder, aside: csv);
        foreach (var note in notes)
        {
            host.Error.WriteLine($"note: {Human.Plain(note)}");
        }

        return 0;
    }

    private Sweep Prepare(ParseResult r, DiffusionModel model)
    {
        var T = model.Schedule.T;
        var seeds = seedOptions.Resolve(r, null);
        var options = load.Complete(r, sampling.Resolve(r, model.Scheduler)) with
        {
            Seeds = seeds,
            Labels = load.Classes(r, model, seeds.Length),
        };
        return new Sweep(
            host,
            model,
            options,
            r.Or(steps, [.. Table1Steps.Where(s => s <= T).DefaultIfEmpty(T)]),
            r.Or(etas, options.Solver == Solver.Ddim ? Table1Etas : [0]));
    }

    // The plan that stands for all is the reference's.
    private Recipe Describe(ParseResult r, Sweep sweep)
    {
        var asked = load.Asked(
            r,
            sweep.Options.BatchSize,
            [.. seedOptions.Values(r, [.. sweep.Options.Seeds!]), ("steps", string.Join(',', sweep.Steps)), ("eta", string.Join(',', sweep.Etas))]);
        return new Recipe(asked, sweep.Model.Source!, sweep.Plans[sweep.Reference]);
    }
}
