using System.CommandLine;
using System.Text.Json.Nodes;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Drawing;
using DiffusionSharp.Cli.Output;
using DiffusionSharp.Cli.Recipes;
using DiffusionSharp.Imaging.Files;

namespace DiffusionSharp.Cli.Verbs.Sequence;

/// <summary><c>ddim sequence</c>: shows how images form.</summary>
internal sealed class SequenceCommand
{
    public const string Help = """
        Example:  ddim sequence --seed 3 --count 2 --out walk.apng

        Shows how images form out of noise: x_t after a step, and below it the x0 that the network
        predicts at that step.

          --frames N             steps shown: the first, the last, and evenly between them
                                 [10 in a strip; all up to 100 in an animation or a folder]
          --out, -o FILE.png     a film strip, two rows per image; many images stand beside one
                                 another, too [sequence.png]
          --out, -o FILE.apng    an animation, which browsers play
          --out, -o DIR/         a picture per step, in a new folder
          --scale N, --no-labels each pixel N × N; without t, seeds and classes
          --json                 the result as JSON
        The images, as of ddim sample
          --from PICTURE.png     how this picture was made, by ddim sample or ddim sequence
          --model, -m PATH       model folder, checkpoint file or training run [the bundled model]
          --ema | --raw          where it has both: averaged weights [default], or the weights themselves
          --about K=V,…, --size N  what it does not say: num_heads=4 (ddim convert -h); images' size, 48x64
          --steps N, --eta X     network calls per image [50]; 0 deterministic … 1 DDPM, hat, learned [0]
          --solver NAME, --spacing RULE, --timesteps LIST
                                 as for ddim sample
          --clip | --no-clip | --threshold Q
                                 what is done to predicted x0 [as the model says]
          --count N, --seed S    how many images [4], and the seed of the first [0]
          --seeds LIST           the seed of each: 0-63 or 1,5,9-12
          --only LIST            show these of them alone
          --labels, --class LIST class of all images, or of each, by number or name
          --guidance W           how much the class counts [1]
          --guidance-interval LO,HI, --guide-with MODEL, --classifier FILE, --classifier-scale S
                                 as for ddim sample
          --init X.npy           start from these x_T, [N,C,H,W]
          --noise Z.npy          use this noise in the steps, [steps,N,C,H,W] (with --init)
          --init-image PATH, --column NAME, --strength X, --mask FILE, --jump-length J, --resample R
                                 as for ddim sample
          --engine E, --device D cpu: the managed engine [cpu]; torch, on cpu or cuda:N, in builds with it
          --weights W            of the managed engine: float32, bfloat16 or half [float32]
          --batch N, --threads N images in one network call [16], threads of a call [all cores]
        """;

    private const int StripFrames = 10, MostUsualFrames = 100, MostFrames = 10_000;

    // An animation takes about 5 seconds, and rests at its end.
    private const int Milliseconds = 5000, Shortest = 20, Longest = 500, Rest = 2000;

    private readonly CliHost host;
    private readonly Option<int> frames = Parse.Number<int>("--frames");
    private readonly OutputFile output = new("--out", "-o");
    private readonly PictureOptions picture = new();
    private readonly Option<bool> json = JsonOption.Create();
    private readonly DrawingOptions drawing = new(new FromOption("sequence", "sample"));

    private SequenceCommand(CliHost host) => this.host = host;

    public static Command Create(CliHost host)
    {
        var sequence = new SequenceCommand(host);
        var command = new Command("sequence") { sequence.frames, sequence.output, sequence.json };
        foreach (var option in sequence.picture.All.Concat(sequence.drawing.All))
        {
            command.Add(option);
        }

        command.SetAction(sequence.Run);
        return command;
    }

    private int Run(ParseResult r)
    {
        var target = r.GetValue(output) ?? "sequence.png";
        var isFolder = PictureTarget.IsFolder(target, PictureTarget.Animation);
        var animated = !isFolder && PictureTarget.Is(target, PictureTarget.Animation);
        var most = r.Or(frames, animated || isFolder ? MostUsualFrames : StripFrames);
        if (most is < 1 or > MostFrames)
        {
            throw new DiffusionException(ErrorKind.Usage, $"--frames: found {most}; show 1 to {MostFrames} steps");
        }

        using var model = drawing.Load(r, host);
        target = isFolder ? OutputFolder.Create(target) : output.File(r, host, [PictureTarget.Sheet, PictureTarget.Animation], target)!;
        Sheet.RequireColours(model.Shape);
        using var job = drawing.Job(r, host, model, usual: 4, oneBatch: false, ("frames", $"{most}"));
        var shown = new StepFrames(job.Plan, model.Shape, job.Wanted.Length, most, model.Scheduler.PixelTransform);
        var pictures = new StepPictures(shown, [.. SheetCaptions.Captions(job)], picture.Look(r));
        pictures.RequireRoom(strip: !animated && !isFolder);
        var result = job.Draw([], watch: shown.Take);
        var recipe = Recipe.Metadata(job.SheetRecipe);
        if (animated)
        {
            Animate(target, pictures.Frames(), recipe);
        }
        else if (isFolder)
        {
            for (var n = 0; n < shown.Steps.Count; n++)
            {
                var (shape, pixels) = pictures.Frame(n);
                ImageFile.SavePng(Path.Combine(target, FormattableString.Invariant($"{shown.Steps[n] + 1:D4}.png")), shape, pixels, recipe);
            }
        }
        else
        {
            var (shape, pixels) = pictures.Strip();
            ImageFile.SavePng(target, shape, pixels, recipe);
        }

        (job.Summary(result, target) with
        {
            Of = $"{shown.Steps.Count} steps",
            More = new JsonObject { ["frames"] = shown.Steps.Count, ["steps"] = JsonParts.List(shown.Steps.Select(s => s + 1)) },
        }).Print(host, r.GetValue(json));
        return 0;
    }

    private static void Animate(string path, IReadOnlyList<(ImageShape Shape, byte[] Pixels)> pictures, Dictionary<string, string> text)
    {
        var each = Math.Clamp(Milliseconds / pictures.Count, Shortest, Longest);
        AnimatedPng.Save(path, pictures[0].Shape, [.. pictures.Select(p => p.Pixels)], each, Rest, text);
    }
}
