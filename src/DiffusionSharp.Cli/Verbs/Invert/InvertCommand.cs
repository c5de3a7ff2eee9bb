using System.CommandLine;
using System.Text.Json.Nodes;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Drawing;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Sampling.Execution;

namespace DiffusionSharp.Cli.Verbs.Invert;

/// <summary><c>ddim invert</c>: encodes images as x_T.</summary>
internal sealed class InvertCommand
{
    public static string Help { get; } = $$"""
        Example:  ddim invert photo.png --steps 100 && ddim sample --init latents.npy --steps 100 --no-clip

        Encodes images as the x_T that DDIM makes them from: the deterministic update run from the
        image up to pure noise, without clipping. More steps come back closer to the image.

          IMAGE…                 image files, a folder or archive of images, or builtin:shapes;
                                 made the model's size (short side, then centre crop)
          --count N              the first N images [all; 16 of builtin:shapes]
          --column NAME          of parquet, where the images are [image, else img, else the first]
          --model, -m PATH       model folder, checkpoint file or training run [the bundled model]
          --ema | --raw          where it has both: averaged weights [default], or the weights themselves
          --about K=V,…, --size N  what it does not say: num_heads=4 (ddim convert -h); images' size, 48x64
          --steps N              network calls per image [50]
          --spacing RULE         {{SamplingOptions.Spacings}}
          --timesteps LIST       these timesteps instead: 900,600,300,0; or tuned: those of ddim tune
          --level L              of a step from s up to t, the network is called at: target (t),
                                 current (s, the paper's Euler step), or refined (t, repeated until
                                 decoding would undo the step) [target]
          --labels, --class LIST class of all images, or of each, by number or name
          --guidance W           how much the class counts: the W of ddim sample [1]
          --out, -o X.npy        receives x_T, float32 [N,C,H,W] [latents.npy]
          --json                 the result as JSON
          --engine E, --device D cpu: the managed engine [cpu]; torch, on cpu or cuda:N, in builds with it
          --weights W            of the managed engine: float32, bfloat16 or half [float32]
          --batch N, --threads N images in one network call [16], threads of a call [all cores]
        """;

    private readonly CliHost host;
    private readonly EncodingOptions encoding = new("IMAGE");
    private readonly OutputFile output = new("--out", "-o");
    private readonly Option<bool> json = JsonOption.Create();
    private readonly SamplingOptions sampling = new();
    private readonly LoadOptions load = new();

    private InvertCommand(CliHost host) => this.host = host;

    public static Command Create(CliHost host)
    {
        var invert = new InvertCommand(host);
        var command = new Command("invert") { invert.encoding.Images, invert.output, invert.json };
        foreach (var option in invert.encoding.All.Concat(invert.sampling.Tau).Concat(invert.load.All))
        {
            command.Add(option);
        }

        command.SetAction(invert.Run);
        return command;
    }

    private int Run(ParseResult r)
    {
        var target = output.File(r, host, OutputName.Arrays, "latents.npy")!;
        using var loaded = load.Load(r, host, scheduler => sampling.ResolveTau(r, scheduler));
        var shape = loaded.Shape;
        var x0 = encoding.Read(r, loaded, host.Interruption.Token);
        var n = x0.Length / shape.Elements;
        var options = load.Complete(r, sampling.ResolveTau(r, loaded.Scheduler)) with { Labels = load.Classes(r, loaded, n) };
        var at = encoding.Level(r);
        var plan = loaded.InversionPlan(options, at);
        var steps = Sampler.Batches(n, options.BatchSize) * plan.Steps.Count;
        var (xT, result) = SamplingMeter.Measure(host, steps, told => loaded.Invert(x0, options, at, told, host.Interruption.Token), options.Guidance);
        ArrayFile.Write(target, xT.ToTensor());
        new SampleSummary
        {
            Out = target,
            Of = "x_T",
            Model = loaded,
            Plan = plan,
            Result = result,
            Images = n,
            Guidance = options.Guidance,
            Notes = loaded.Scheduler is { ClipSample: true } or { Thresholding: true }
                ? ["the model's scheduler clips x0 when it samples; an encoding is decoded without: ddim sample --no-clip"]
                : [],
            More = new JsonObject { ["level"] = at.ToString().ToLowerInvariant() },
        }.Print(host, r.GetValue(json));
        return 0;
    }
}
