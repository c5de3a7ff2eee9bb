using System.Globalization;
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Imaging.Shapes;
using DiffusionSharp.Models;
using DiffusionSharp.Networks;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Inversion;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;
using DiffusionSharp.Torch.Engine;

namespace DiffusionSharp.Bench.Solvers;

/// <summary><c>solvers [--calls N] [--count N] [--model DIR]</c>: at equal network calls, how near each solver comes to the ODE's solution.</summary>
internal static class SolversCommand
{
    private static readonly TimestepSpacing[] Spacings = [TimestepSpacing.Uniform, TimestepSpacing.Quadratic, TimestepSpacing.LogSnr, TimestepSpacing.Karras];

    public static int Run(string[] args)
    {
        var (calls, count, path) = (10, 16, "models/shapes-32");
        for (var i = 0; i + 1 < args.Length; i += 2)
        {
            switch (args[i])
            {
                case "--calls":
                    calls = int.Parse(args[i + 1], CultureInfo.InvariantCulture);
                    break;
                case "--count":
                    count = int.Parse(args[i + 1], CultureInfo.InvariantCulture);
                    break;
                case "--model":
                    path = args[i + 1];
                    break;
                default:
                    Console.Error.WriteLine($"solvers: '{args[i]}' is unknown; use --calls N, --count N, --model DIR");
                    return 2;
            }
        }

        using var model = DiffusionModel.Load(path, TorchEngine.Cpu);
        var common = new SampleOptions { Count = count, Seed = 5000 };
        var exact = model.Sample(common with { Steps = model.Schedule.T });
        Console.WriteLine($"{path}, {count} images of seed {common.Seed} on; mse (of images in 0…1) to DDIM with {model.Schedule.T} steps, of which {Recognised(exact)} are recognised");
        Console.WriteLine("| solver | spacing | S | network calls | mse | PSNR | recognised |\n|---|---|---|---|---|---|---|");
        var rows = new List<(double Mse, string Text)>();
        foreach (var solver in Enum.GetValues<Solver>())
        {
            foreach (var spacing in Spacings)
            {
                var options = common with { Solver = solver, Spacing = spacing };
                var plans = Enumerable.Range(1, calls).Reverse().Select(steps => options with { Steps = steps });
                if (plans.FirstOrDefault(o => model.Plan(o).NetworkCalls <= calls) is { } fitting)
                {
                    var images = model.Sample(fitting);
                    var mse = ImageError.MeanSquared(exact.Values, images.Values);
                    rows.Add((mse, FormattableString.Invariant(
                        $"| {solver} | {spacing} | {fitting.Steps} | {model.Plan(fitting).NetworkCalls} | {mse:E2} | {ImageError.Psnr(mse):F1} dB | {Recognised(images)} |")));
                }
            }
        }

        Console.WriteLine(string.Join('\n', rows.OrderBy(r => r.Mse).Select(r => r.Text)));
        return 0;
    }

    private static int Recognised(SampledImages images)
    {
        var pixels = new byte[images.Values.Length];
        ImageFile.ToBytes(images.ToFloats(), pixels);
        return ShapesScore.Compute(pixels, images.Shape.Width).Recognised;
    }
}
