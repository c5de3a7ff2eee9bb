using System.CommandLine;
using DiffusionSharp.Cli.Display;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Cli.Pictures;
using DiffusionSharp.Cli.Plots;
using DiffusionSharp.Cli.Shell;
using DiffusionSharp.Cli.Sweeps;
using DiffusionSharp.Sampling;
using DiffusionSharp.Storage;

namespace DiffusionSharp.Cli.Commands;

/// <summary><c>ddim sweep</c>: the axes of the DDIM paper's table 1.</summary>
internal sealed class SweepCommand
{
    public const string Help = """
        Example:  ddim sweep --steps 10,20,50,100 --eta 0,0.2,0.5,1,hat --out sweep/

        Samples the same seeds at every number of steps and every eta (the axes of the DDIM paper's
        table 1), and measures for each pair
        - the time per image (figure 4: it is linear in the steps);
        - for models of builtin:shapes, how many images the checker recognises (see ddim score);
        - consistency (section 5.2): the mean squared error per pixel and channel, scaled to 0…1, to
          the images of the most steps at eta = 0 from the same x_T, and its PSNR in dB.

          --steps LIST           numbers of steps [10,20,50,100]
          --eta LIST             0 deterministic … 1 DDPM; hat = DDPM, larger variance [0,0.2,0.5,1,hat]
          --solver NAME          ddim, dpm++2m, dpm++3m, dpm++2m-sde [ddim]
          --spacing RULE         uniform, quadratic, leading, trailing, linspace, linspace-solver,
                                 stride, ermongroup-uniform, ermongroup-quad, karras, exponential,
                                 logsnr [uniform]
          --clip | --no-clip | --threshold Q
                                 what is done to predicted x0 [as the model says]
          --model, -m DIR        model folder (diffusers layout) or training run [the bundled model]
          --raw                  of a run: the weights themselves instead of their average
          --count N              images of each pair; the sheet shows the first 16 [16]
          --seed S               seed of the first [0]
          --seeds LIST           the seed of each: 0-63 or 1,5,9-12
          --labels, --class LIST class of all images, or of each, by number or name
          --out, -o DIR          receives sheet.png, time.png, table.csv and table.json [sweep]
          --csv | --json         prints table.csv or table.json instead of text
          --batch N              images in one network call [16]
          --device D             cpu, cuda or cuda:N [cpu]
          --threads N            threads of the engine [all cores]
        """;

    private readonly CliHost host;
    private readonly Option<int[]> steps = Parse.List<int>("--steps");
    private readonly Option<Eta[]> etas = Parse.List("--eta", Eta.Parse);
    private readonly Option<string?> output = new("--out", "-o");
    private readonly Option<bool> csv = new("--csv");
    private readonly Option<bool> json = JsonOption.Create();
    private readonly SamplingOptions sampling = new();
    private readonly SeedOptions seedOptions = new();
    private readonly LoadOptions load = new();

    private SweepCommand(CliHost host) => this.host = host;

    public static Command Create(CliHost host)
    {
        var sweep = new SweepCommand(host);
        var command = new Command("sweep") { sweep.steps, sweep.etas, sweep.output, sweep.csv, sweep.json };
        var sampling = sweep.sampling.All.Except([sweep.sampling.Steps, sweep.sampling.Timesteps, sweep.sampling.Eta]);
        foreach (var option in sampling.Concat(sweep.seedOptions.All).Concat(sweep.load.All))
        {
            command.Add(option);
        }

        command.SetAction(sweep.Run);
        return command;
    }

    private int Run(ParseResult r)
    {
        if (r.GetValue(json) && r.GetValue(csv))
        {
            throw new DiffusionException(ErrorKind.Usage, "--json and --csv exclude each other: give one");
        }

        var folder = Folder(r.GetValue(output) ?? "sweep");
        var allSteps = Distinct(r, steps, [10, 20, 50, 100]);
        var allEtas = Distinct(r, etas, r.Or(sampling.Solver, Solver.Ddim) == Solver.Ddim ? [0, 0.2, 0.5, 1, Eta.Hat] : [0]);
        var seeds = seedOptions.Resolve(r, null);
        var batch = load.BatchSize(r);
        using var loaded = load.Load(r, host);
        Sheet.RequireColours(loaded.Graph.InputShape);
        var options = sampling.Resolve(r, loaded.Source.Scheduler) with
        {
            Seeds = seeds,
            Labels = load.Classes(r, loaded, seeds.Length),
            BatchSize = batch,
            CancellationToken = host.Interruption.Token,
        };
        var sweep = new Sweep(host, loaded, options, allSteps, allEtas);
        var print = Printer(r, sweep);
        Directory.CreateDirectory(folder);
        var (cells, result) = sweep.Run((cell, meter) =>
        {
            meter.Clear();
            print(cell);
        });
        var table = SweepTable.Json(sweep, cells, result, folder);
        SweepSheet.Write(Path.Combine(folder, "sheet.png"), sweep, cells);
        TimePlot.Write(Path.Combine(folder, "time.png"), cells);
        AtomicFile.WriteAllText(Path.Combine(folder, "table.csv"), SweepTable.Csv(cells, sweep.Images));
        AtomicFile.WriteAllText(Path.Combine(folder, "table.json"), JsonOption.Text(table) + "\n");
        if (r.GetValue(json))
        {
            host.Out.WriteLine(JsonOption.Text(table));
        }
        else if (!r.GetValue(csv))
        {
            host.Out.WriteLine(FormattableString.Invariant($"{cells.Count} × {sweep.Images} images in {folder}: {result.Calls} network calls, {result.Seconds:F1} s"));
        }

        foreach (var note in sweep.Notes)
        {
            host.Error.WriteLine($"note: {Human.Plain(note)}");
        }

        return 0;
    }

    // Rows are printed as they come, so that an interrupted long sweep still shows what it found.
    private Action<SweepCell> Printer(ParseResult r, Sweep sweep)
    {
        if (r.GetValue(json))
        {
            return _ => { };
        }

        var (header, row) = r.GetValue(csv)
            ? (SweepTable.CsvHeader, (Func<SweepCell, int, string>)SweepTable.CsvRow)
            : (SweepTable.TextHeader, SweepTable.TextRow);
        host.Out.WriteLine(header);
        return cell => host.Out.WriteLine(row(cell, sweep.Images));
    }

    private static T[] Distinct<T>(ParseResult r, Option<T[]> option, T[] otherwise)
    {
        var values = r.Or(option, otherwise);
        return values.Length > 0 && values.Distinct().Count() == values.Length ? values : throw new DiffusionException(
            ErrorKind.Usage,
            $"{option.Name}: found '{string.Join(',', values)}'; give at least one, each once");
    }

    private static string Folder(string path) => Path.GetExtension(path) is not (".png" or ".csv" or ".json") ? path : throw new DiffusionException(
        ErrorKind.Usage,
        $"--out {path}: a sweep makes several files; name a folder for them");
}
