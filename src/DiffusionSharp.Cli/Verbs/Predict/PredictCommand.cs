using System.CommandLine;
using System.Text.Json.Nodes;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Drawing;
using DiffusionSharp.Cli.Output;
using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Cli.Verbs.Predict;

/// <summary><c>ddim predict</c>: runs a network on given arrays.</summary>
internal sealed class PredictCommand
{
    public const string Help = """
        Example:  ddim predict --model runs/shapes --input x.npy --timesteps 10,500 --output eps.npy

        Runs a network once: x_t and t in, its prediction (noise, x0 or v) out. Images may have another size
        than the model was trained at, where its levels divide it.

          --model, -m PATH    model folder, checkpoint file or training run [the bundled model]
          --ema | --raw       where it has both: averaged weights [default], or the weights themselves
          --about K=V,…, --size N  what it does not say: num_heads=4 (ddim convert -h); images' size, 48x64
          --input X.npy       x_t, [N,C,H,W]
          --timesteps LIST    one timestep for all images, or one per image; fractions are allowed
          --labels, --class LIST  class of all images, or of each
          --output, -o Y.npy  receives the prediction, float32 [N,C',H,W]
          --json              the result as JSON
          --engine E          cpu: the managed engine; torch: libtorch, in builds that have it [cpu]
          --device D          of torch: cpu, cuda or cuda:N [cpu]
          --weights W         of the managed engine: float32, bfloat16 or half [float32]
          --batch N, --threads N  images in one network call [16], threads of a call [all cores]
        """;

    private readonly CliHost host;
    private readonly InputFile input = new("--input") { Required = true };
    private readonly Option<double[]> timesteps = Parse.List<double>("--timesteps");
    private readonly OutputFile output = new("--output", "-o") { Required = true };
    private readonly Option<bool> json = JsonOption.Create();
    private readonly LoadOptions load = new();

    private PredictCommand(CliHost host) => this.host = host;

    public static Command Create(CliHost host)
    {
        var predict = new PredictCommand(host);
        predict.timesteps.Required = true;
        var command = new Command("predict") { predict.input, predict.timesteps, predict.output, predict.json };
        foreach (var option in predict.load.OneCall)
        {
            command.Add(option);
        }

        command.SetAction(predict.Run);
        return command;
    }

    private int Run(ParseResult r)
    {
        var batch = load.BatchSize(r);
        var target = output.File(r, host, OutputName.Arrays)!;
        var x = ArrayFile.Read(r.GetValue(input)!).ToTensor();
        using var own = load.Load(r, host);
        var trained = own.Shape;
        if (x.Shape.Count != 4 || x.Shape[0] < 1 || x.Shape[1] != trained.Channels)
        {
            throw new DiffusionException(
                ErrorKind.Data,
                $"--input {r.GetValue(input)} has the shape [{string.Join(", ", x.Shape)}]; the model needs [N, {trained.Channels}, H, W], such as [N, {trained.Channels}, {trained.Height}, {trained.Width}]");
        }

        var loaded = own.At(x.Shape[2], x.Shape[3]);
        var shape = loaded.Shape;

        var count = x.Shape[0];
        var t = Timesteps(r.GetValue(timesteps)!, count, loaded.Schedule.T);
        var classes = load.Classes(r, loaded, count);
        var result = loaded.Graph!.OutputShape;
        var prediction = new float[checked(count * result.Elements)];
        for (var first = 0; first < count; first += batch)
        {
            var n = Math.Min(batch, count - first);
            var call = new DenoiserInput
            {
                Count = n,
                Shape = shape,
                X = x.Data.AsSpan(first * shape.Elements, n * shape.Elements),
                Timesteps = t.AsSpan(first, n),
                Labels = classes is null ? default : classes.AsSpan(first, n),
                CancellationToken = host.Interruption.Token,
            };
            loaded.Denoiser.Predict(call, prediction.AsSpan(first * result.Elements, n * result.Elements));
        }

        ArrayFile.Write(target, new HostTensor([count, result.Channels, result.Height, result.Width], prediction));
        JsonOption.Print(
            host,
            r.GetValue(json),
            () => new JsonObject
            {
                ["output"] = target,
                ["shape"] = new JsonArray(count, result.Channels, result.Height, result.Width),
                ["predicts"] = loaded.Scheduler.PredictionType.ToString(),
            },
            () => $"{loaded.Scheduler.PredictionType} of {Human.Images(count)}, {result} each, in {target}");
        return 0;
    }

    private static double[] Timesteps(double[] given, int count, int T)
    {
        if (given.FirstOrDefault(t => !(t >= 0 && t <= T - 1), 0) is var wrong && wrong != 0)
        {
            throw new DiffusionException(ErrorKind.Usage, $"--timesteps: found {wrong}; the model's timesteps are 0…{T - 1}");
        }

        return given.Length == count ? given : given.Length == 1
            ? [.. Enumerable.Repeat(given[0], count)]
            : throw new DiffusionException(
                ErrorKind.Usage,
                $"--timesteps: {given.Length} timesteps for {Human.Images(count)}; give one for all, or one per image");
    }
}
