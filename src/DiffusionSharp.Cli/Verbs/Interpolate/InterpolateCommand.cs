using System.CommandLine;
using System.Text.Json.Nodes;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Drawing;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Cli.Recipes;
using DiffusionSharp.Noise;

namespace DiffusionSharp.Cli.Verbs.Interpolate;

/// <summary><c>ddim interpolate</c>: draws what lies between seeds.</summary>
internal sealed class InterpolateCommand
{
    public static string Help { get; } = $$"""
        Example:  ddim interpolate --seeds 1,7 --frames 11 --out between.png

        Draws the images whose x_T lie on the arc (slerp) between the x_T of two seeds, or in the
        square between those of four: top left, top right, bottom left, bottom right. Sampling is
        deterministic (eta 0); the ends start from exactly the x_T that ddim sample starts from.

          --seeds A,B[,C,D]      two or four seeds [0,1]
          --frames N             images from one seed to the next, both included [11]
          --from PICTURE.png     make this interpolation again; other options change what they name
          --model, -m PATH       model folder, checkpoint file or training run [the bundled model]
          --ema | --raw          where it has both: averaged weights [default], or the weights themselves
          --about K=V,…, --size N  what it does not say: num_heads=4 (ddim convert -h); images' size, 48x64
          --labels, --class LIST class of all images [0 where the model has classes]
          --guidance W           how much the class counts, see ddim sample [1]
          --steps N              network calls per image [50]
          --solver NAME          {{SamplingOptions.QuietSolvers}}
          --spacing RULE         {{SamplingOptions.Spacings}}
          --timesteps LIST       these timesteps instead: 900,600,300,0; or tuned: those of ddim tune
          --clip | --no-clip | --threshold Q
                                 what is done to predicted x0 [as the model says]
          --out, -o FILE.png     the strip, in rows of at most 16, or the square [interpolation.png]
          --scale N, --no-labels each pixel N × N; without part of the way (α, down β), seeds and classes
          --dump X.npy           the numbers, float32 [N,C,H,W], row by row
          --json                 the result as JSON
          --engine E, --device D cpu: the managed engine [cpu]; torch, on cpu or cuda:N, in builds with it
          --weights W            of the managed engine: float32, bfloat16 or half [float32]
          --batch N, --threads N images in one network call [16], threads of a call [all cores]
        """;

    private const int MostFrames = 1000;

    private readonly CliHost host;
    private readonly Option<ulong[]> seeds = Parse.Option("--seeds", SeedOptions.ParseList);
    private readonly Option<int> frames = Parse.Number<int>("--frames");
    private readonly FromOption from = new("interpolate");
    private readonly OutputFile output = new("--out", "-o");
    private readonly OutputFile dump = new("--dump");
    private readonly PictureOptions picture;
    private readonly Option<bool> json = JsonOption.Create();
    private readonly SamplingOptions sampling = new();
    private readonly LoadOptions load = new();

    private InterpolateCommand(CliHost host) => (this.host, picture) = (host, new PictureOptions(from));

    public static Command Create(CliHost host)
    {
        var interpolate = new InterpolateCommand(host);
        var command = new Command("interpolate") { interpolate.from, interpolate.seeds, interpolate.frames, interpolate.output, interpolate.dump, interpolate.json };
        foreach (var option in interpolate.picture.All.Concat(interpolate.sampling.Deterministic).Concat(interpolate.load.All))
        {
            command.Add(option);
        }

        command.SetAction(interpolate.Run);
        return command;
    }

    private int Run(ParseResult r)
    {
        ulong[] ends = r.Or(seeds, [0UL, 1UL]);
        var steps = r.Or(frames, 11);
        if (ends.Length is not (2 or 4) || steps is < 2 or > MostFrames)
        {
            throw new DiffusionException(
                ErrorKind.Usage,
                $"{ends.Length} --seeds and {steps} --frames found; give two or four seeds, and 2 to {MostFrames} frames");
        }

        var numbers = dump.File(r, host, OutputName.Arrays);
        var target = output.File(r, host, [PictureTarget.Sheet], numbers is null ? "interpolation.png" : null);
        picture.RequirePicture(r, target is not null, "what is written are numbers");
        using var loaded = load.Load(r, host, scheduler => sampling.ResolveTau(r, scheduler));
        var shape = loaded.Shape;
        if (target is not null)
        {
            Sheet.RequireColours(shape);
        }

        var count = ends.Length == 2 ? steps : steps * steps;
        var classes = load.Classes(r, loaded, count, otherwise: loaded.ClassCount is null ? null : "0");
        var (look, labels) = (picture.Look(r), BetweenLabels.Create(ends, steps, loaded, classes));
        if (target is not null)
        {
            Sheet.RequireRoom(shape, look, labels);
        }

        var options = load.Complete(r, sampling.Resolve(r, loaded.Scheduler)) with
        {
            Seeds = new ulong[count],
            Labels = classes,
            InitialX = LatentGrid.Between(ends, steps, shape.Elements),
        };
        var recipe = new Recipe(load.Asked(r, options.BatchSize, ("seeds", SeedOptions.Spell(ends)), ("frames", $"{steps}")), loaded.Source!, loaded.Plan(options));
        var job = new SampleJob
        {
            Host = host,
            Model = loaded,
            Options = options,
            Recipe = recipe,
            Notes = from.Check(r, recipe),
        };
        if (job.Plan.Steps.Any(s => s.Sigma != 0))
        {
            throw new DiffusionException(ErrorKind.Usage, $"{job.Plan.Name} adds noise on the way, and images lie between x_T only without it: choose another --solver");
        }

        IImageWriter?[] writers =
        [
            target is null ? null : new SheetWriter(target, shape, look, labels, recipe.ToJson(ends, classes)),
            numbers is null ? null : new DumpWriter(numbers, shape, count),
        ];
        var result = job.Draw([.. writers.OfType<IImageWriter>()]);
        string[] written = [.. new[] { target, numbers }.OfType<string>()];
        (job.Summary(result, written[0]) with { Also = written[1..], More = new JsonObject { ["frames"] = steps } }).Print(host, r.GetValue(json));
        return 0;
    }
}
