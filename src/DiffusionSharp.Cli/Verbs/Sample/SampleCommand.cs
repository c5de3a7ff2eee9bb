using System.CommandLine;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Drawing;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Cli.Output;
using DiffusionSharp.Cli.Recipes;
using DiffusionSharp.Sampling.Execution;

namespace DiffusionSharp.Cli.Verbs.Sample;

/// <summary><c>ddim sample</c>: draws images with a model.</summary>
internal sealed class SampleCommand
{
    public static string Help { get; } = $$"""
        Example:  ddim sample --model runs/shapes --steps 50 --count 16 --out grid.png

        Draws images with DDIM. Image i of --seed S has seed S+i. The same seed and model give the same
        image, bit for bit, in any batch and on any machine; with --engine torch, up to rounding.

          --from PICTURE.png     make this picture again; other options change what they name
          --model, -m PATH       model folder, checkpoint file, training run or RUN/checkpoints/N [bundled]
          --ema | --raw          where it has both: averaged weights [default], or the weights themselves
          --about K=V,…, --size N  what it does not say: num_heads=4 (ddim convert -h); images' size, 48x64
        Sampling
          --steps N              network calls per image [50]
          --eta X                0 DDIM … 1 DDPM; hat, learned = with its larger, the network's variance [0]
          --solver NAME          {{SamplingOptions.Solvers}}
          --spacing RULE         {{SamplingOptions.Spacings}}
          --timesteps LIST       these timesteps instead: 900,600,300,0; or tuned: those of ddim tune
          --clip | --no-clip | --threshold Q  what is done to predicted x0 [as the model says]
        Which images
          --count N, --seed S    how many [16; as many as --init-image holds], seed of the first [0]
          --seeds, --only LIST   the seed of each: 0-63 or 1,5,9-12; write these of them alone
          --labels, --class LIST class of all images, or of each, by number or name [taking turns]
          --guidance W           0 ignores the class, 1 follows it, more exaggerates it [1]
          --guidance-interval LO,HI, --guide-with MODEL  W at these sigmas only; away from a weaker model
          --classifier FILE, --classifier-scale S  lead to the class by guided-diffusion's classifier [1]
          --init X.npy, --noise Z.npy  these x_T, [N,C,H,W]; this noise in the steps, [steps,N,C,H,W]
          --init-image PATH      start from this image, or each of a set's (SDEdit; parquet: --column NAME)
          --strength X           part of the steps done on it, 0 … 1 [0.6; with --mask, from pure noise]
          --mask FILE            paint where it is white or transparent, keep black exactly (RePaint)
          --jump-length J, --resample R  of --mask: each J steps are done R times [5, 5]
        Results
          --out, -o FILE.png     one sheet [samples.png]; X.npz: arr_0 uint8 [N,H,W,C], arr_1
          --out, -o DIR/         one file per image, and sheet.png; run it again after an interruption
          --scale N, --no-labels  each pixel N × N, of one file; a sheet without seeds and classes
          --dump X.npy, --json   (or X.npz) the numbers, float32 [N,C,H,W]; the result as JSON
          --dump-trajectory DIR  x and x0 after each step, as .npy in a new folder
        Where
          --engine E, --device D cpu: the managed engine [cpu]; torch, on cpu or cuda:N, in builds with it
          --weights W, --batch N, --threads N  [float32], bfloat16, half; images in a call [16]; [all cores]
        """;

    private readonly CliHost host;
    private readonly OutputFile output = new("--out", "-o");
    private readonly OutputFile dump = new("--dump");
    private readonly OutputFile dumpTrajectory = new("--dump-trajectory");
    private readonly Option<bool> json = JsonOption.Create();
    private readonly PictureOptions picture;
    private readonly DrawingOptions drawing;

    private SampleCommand(CliHost host)
    {
        var from = new FromOption("sample");
        (this.host, picture, drawing) = (host, new PictureOptions(from), new DrawingOptions(from));
    }

    public static Command Create(CliHost host)
    {
        var sample = new SampleCommand(host);
        var command = new Command("sample") { sample.output, sample.dump, sample.dumpTrajectory, sample.json };
        foreach (var option in sample.picture.All.Concat(sample.drawing.All))
        {
            command.Add(option);
        }

        command.SetAction(sample.Run);
        return command;
    }

    private int Run(ParseResult r)
    {
        var (numbers, steps) = (dump.File(r, host, OutputName.Arrays), r.GetValue(dumpTrajectory));
        var target = r.GetValue(output) ?? (numbers is null && steps is null ? "samples.png" : null);
        var isFolder = target is not null && PictureTarget.IsFolder(target, PictureTarget.Archive);
        target = isFolder ? target : output.File(r, host, [PictureTarget.Sheet, PictureTarget.Archive], target);
        picture.RequirePicture(r, target is not null && !isFolder && !PictureTarget.Is(target, PictureTarget.Archive), isFolder
            ? "the files of a folder are as the model draws them, for other verbs to read"
            : "what is written are numbers");
        using var model = drawing.Load(r, host);
        if (steps is not null)
        {
            OutputFolder.Create(steps, dumpTrajectory.Name);
        }

        if (target is not null)
        {
            Sheet.RequireColours(model.Shape);
        }

        using var job = drawing.Job(r, host, model, usual: 16, oneBatch: steps is not null);
        var result = isFolder
            ? IntoFolder(job, target!, numbers, steps)
            : job.Draw([.. Writers(job, picture.Look(r), target, numbers)], watch: Watch(job, steps));
        var sheet = isFolder ? FolderSheet.Write(job, target!, picture.Look(r)) : null;
        string[] written = [.. new[] { target, sheet, numbers, steps }.OfType<string>()];
        (job.Summary(result, written[0]) with { Also = written[1..] }).Print(host, r.GetValue(json));
        return 0;
    }

    // Pictures that are there already are drawn again only where something else is to be written of all images.
    private SampleResult IntoFolder(SampleJob job, string path, string? numbers, string? steps)
    {
        var folder = new FolderWriter(path, job);
        var missing = folder.Missing();
        var these = numbers is null && steps is null ? missing : job.Wanted;
        try
        {
            return job.Draw([folder, .. Writers(job, PictureLook.Usual, null, numbers)], these, Watch(job, steps));
        }
        catch (OperationCanceledException)
        {
            host.Error.WriteLine($"{job.Wanted.Length - these.Length + folder.Written} of {Human.Images(job.Wanted.Length)} are in {path}; the same command goes on");
            throw;
        }
    }

    private static IEnumerable<IImageWriter> Writers(SampleJob job, PictureLook look, string? file, string? numbers)
    {
        var (shape, count) = (job.Model.Shape, job.Wanted.Length);
        IImageWriter?[] writers =
        [
            file is null ? null
                : PictureTarget.Is(file, PictureTarget.Archive) ? new SampleArchive(file, shape, count, job.WantedLabels)
                : new SheetWriter(file, shape, look, SheetCaptions.ForJob(job), job.SheetRecipe),
            numbers is null ? null : new DumpWriter(numbers, shape, count),
        ];
        return writers.OfType<IImageWriter>();
    }

    private static Action<SampledStep, int[]>? Watch(SampleJob job, string? folder) =>
        folder is null ? null : new Trajectory(folder, job.Plan, job.Model.Shape).Write;
}
