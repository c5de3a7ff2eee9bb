using System.CommandLine;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Cli.Pictures;
using DiffusionSharp.Cli.Shell;
using DiffusionSharp.Weights;

namespace DiffusionSharp.Cli.Commands;

/// <summary><c>ddim sample</c>: draws images with a model.</summary>
internal sealed class SampleCommand
{
    public const string Help = """
        Example:  ddim sample --model runs/shapes --steps 50 --count 16 --out grid.png

        Draws images with DDIM. Image i of --seed S has seed S+i. A seed's noise is the same,
        bit for bit, whatever the batch; the network's sums agree up to rounding.

          --model, -m DIR        model folder (diffusers layout) or training run [the bundled model]
          --ema | --raw          of a run: the averaged weights [default], or the weights themselves
        Sampling
          --steps N              network calls per image [50]
          --eta X                0 deterministic DDIM … 1 DDPM; hat = DDPM with the larger variance [0]
          --solver NAME          ddim [ddim]
          --spacing RULE         uniform, quadratic, leading, trailing, linspace, linspace-solver,
                                 stride, ermongroup-uniform, ermongroup-quad, karras, exponential,
                                 logsnr [uniform]
          --timesteps LIST       these timesteps instead, from high to low: 900,600,300,0
          --clip | --no-clip | --threshold Q
                                 what is done to predicted x0 [as the model says]
        Which images
          --count N              how many [16]
          --seed S               seed of the first [0]
          --seeds LIST           the seed of each: 0-63 or 1,5,9-12
          --labels, --class LIST class of all images, or of each, by number or name
          --init X.npy           start from these x_T, [N,C,H,W]
          --noise Z.npy          use this noise in the steps, [steps,N,C,H,W] (with --init)
        Results
          --out, -o FILE.png     one sheet [samples.png]
          --out, -o DIR/         one file per image; run it again to go on after an interruption
          --dump X.npy           the numbers, float32 [N,C,H,W]
          --dump-trajectory DIR  x and x0 after each step, as .npy
          --json                 the result as JSON
        Where
          --batch N              images in one network call [16]
          --device D             cpu, cuda or cuda:N [cpu]
          --threads N            threads of the engine [all cores]
        """;

    private static readonly string[] OtherPictures = [".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"];

    private readonly CliHost host;
    private readonly Option<bool> ema = new("--ema");
    private readonly Option<string?> init = new("--init");
    private readonly Option<string?> noise = new("--noise");
    private readonly Option<string?> output = new("--out", "-o");
    private readonly Option<string?> dump = new("--dump");
    private readonly Option<string?> dumpTrajectory = new("--dump-trajectory");
    private readonly Option<bool> json = JsonOption.Create();
    private readonly SamplingOptions sampling = new();
    private readonly SeedOptions seedOptions = new();
    private readonly LoadOptions load = new();

    private SampleCommand(CliHost host) => this.host = host;

    public static Command Create(CliHost host)
    {
        var sample = new SampleCommand(host);
        var command = new Command("sample")
        {
            sample.ema, sample.init, sample.noise,
            sample.output, sample.dump, sample.dumpTrajectory, sample.json,
        };
        foreach (var option in sample.sampling.All.Concat(sample.seedOptions.All).Concat(sample.load.All))
        {
            command.Add(option);
        }

        command.SetAction(sample.Run);
        return command;
    }

    private int Run(ParseResult r)
    {
        if (r.GetValue(ema) && load.Raw(r))
        {
            throw new DiffusionException(ErrorKind.Usage, "--ema and --raw exclude each other: give one");
        }

        var target = r.GetValue(output) ?? (r.GetValue(dump) is null && r.GetValue(dumpTrajectory) is null ? "samples.png" : null);
        var isFolder = target is not null && IsFolder(target);
        var batch = load.BatchSize(r);
        using var loaded = load.Load(r, host);
        var shape = loaded.Graph.InputShape;
        if (target is not null)
        {
            Sheet.RequireColours(shape);
        }

        var inputs = SampleInputs.Read(r.GetValue(init), r.GetValue(noise), shape);
        var seeds = seedOptions.Resolve(r, inputs.Count);
        var job = new SampleJob
        {
            Host = host,
            Model = loaded,
            Inputs = inputs,
            Seeds = seeds,
            Labels = load.Classes(r, loaded, seeds.Length),
            Options = sampling.Resolve(r, loaded.Source.Scheduler) with { BatchSize = batch, CancellationToken = host.Interruption.Token },
        };
        var result = isFolder && r.GetValue(dump) is null && r.GetValue(dumpTrajectory) is null && r.GetValue(noise) is null
            ? job.IntoFolder(target!)
            : AllAtOnce(job, target, isFolder, r.GetValue(dump), r.GetValue(dumpTrajectory));
        job.Summary(result, target ?? r.GetValue(dump) ?? r.GetValue(dumpTrajectory)!).Print(host, r.GetValue(json));
        return 0;
    }

    private static SampleResult AllAtOnce(SampleJob job, string? target, bool isFolder, string? dump, string? trajectory)
    {
        var (images, result) = job.All(trajectory);
        if (dump is not null)
        {
            NpyFile.Write(dump, images.ToTensor());
        }

        if (target is not null && isFolder)
        {
            job.Write(images, target);
        }
        else if (target is not null)
        {
            Sheet.Write(target, images.Shape, images.ToFloats(), job.Recipe.Of(job.Seeds, job.Labels));
        }

        return result;
    }

    private static bool IsFolder(string target)
    {
        var extension = Path.GetExtension(target).ToLowerInvariant();
        if (OtherPictures.Contains(extension))
        {
            throw new DiffusionException(
                ErrorKind.Usage,
                $"--out {target}: pictures are written as PNG; name it {Path.ChangeExtension(target, ".png")}, or a folder");
        }

        return target.EndsWith('/') || target.EndsWith(Path.DirectorySeparatorChar) || Directory.Exists(target) || extension != ".png";
    }
}
