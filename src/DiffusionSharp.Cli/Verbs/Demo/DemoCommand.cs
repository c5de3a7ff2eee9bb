using System.CommandLine;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Drawing;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Cli.Verbs.Train;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Cli.Verbs.Demo;

/// <summary><c>ddim demo</c>: samples the bundled model, then trains a small one and samples that.</summary>
internal sealed class DemoCommand
{
    public const string Help = """
        Example:  ddim demo

        Samples the bundled model with DDIM at 5, 10, 20 and 50 steps and once with eta = 1, then
        trains a small model from scratch with live progress and samples it. About 2 minutes on 2 cores.
        Seeds and lengths are fixed: the pictures are the same on every machine.

          --sampling-only      leave out the training
          --out, -o DIR        where the pictures go [demo-out]
          --steps N            updates of the small model [7500]
          --threads N          threads of the engine [all cores]
        """;

    private const int Images = 16;

    private readonly CliHost host;
    private readonly Option<bool> samplingOnly = new("--sampling-only");
    private readonly Option<string?> output = new("--out", "-o");
    private readonly Option<int?> steps = Parse.Maybe<int>("--steps");
    private readonly EngineOptions engine = new();

    private DemoCommand(CliHost host) => this.host = host;

    public static Command Create(CliHost host)
    {
        var demo = new DemoCommand(host);
        var command = new Command("demo") { demo.samplingOnly, demo.output, demo.steps, demo.engine.Threads };
        command.SetAction(demo.Run);
        return command;
    }

    private int Run(ParseResult r)
    {
        var folder = r.GetValue(output) ?? "demo-out";
        OutputName.RequireFolder(output.Name, folder);
        var sampler = new DemoSampler(host, engine.Choose(r), folder, Images);
        host.Out.WriteLine($"1. {Images} images of the bundled model, the same seeds each time");
        using (var model = sampler.Load(ModelOption.Resolve(null, host)))
        {
            foreach (var (steps, eta) in new[] { (5, 0), (10, 0), (20, 0), (50, 0), (50, 1) })
            {
                sampler.Draw(model, steps, eta, FormattableString.Invariant($"bundled-{steps:D2}-steps-eta-{eta}.png"));
            }
        }

        if (r.GetValue(samplingOnly))
        {
            host.Out.WriteLine($"the pictures are in {folder}/");
            return 0;
        }

        var updates = r.GetValue(steps) ?? DemoRun.Updates;
        host.Out.WriteLine($"2. a small model, trained from scratch with {updates} updates");
        var run = FreeRun(folder);
        var (config, data) = DemoRun.Configure(updates, r.Or(engine.Threads, 0));
        if (TrainingSession.Train(host, run, ["demo"], config, data) is null)
        {
            return host.Interruption.ExitCode;
        }

        host.Out.WriteLine("3. images of the model just trained");
        using (var model = sampler.Load(run.Model))
        {
            // A network this young does better with noise added back, which covers its errors.
            sampler.Draw(model, 100, 1, "trained-100-steps-eta-1.png");
        }

        host.Out.WriteLine($"""

            The pictures are in {folder}/. What to type next:
              ddim sample --steps 20 --count 64 --out more.png
              ddim train builtin:shapes --size 16 --duration 10m --out runs/shapes
              ddim train YOUR-PHOTOS/ --out runs/photos
              ddim --help
            where ddim is, in a clone: dotnet run -c Release --project src/DiffusionSharp.Cli --
            """);
        return 0;
    }

    private static RunFolder FreeRun(string folder) =>
        Enumerable.Range(1, int.MaxValue).Select(n => new RunFolder(Path.Combine(folder, $"run-{n}"))).First(r => !Directory.Exists(r.Root));
}
