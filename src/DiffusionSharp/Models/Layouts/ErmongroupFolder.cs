using System.Globalization;
using DiffusionSharp.Data;
using DiffusionSharp.Files.Safetensors;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Networks;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Models.Layouts;

/// <summary>
/// A network for the DDIM authors' code (ermongroup/ddim): its state dict as safetensors, <c>ermongroup/model.safetensors</c>, and the
/// <c>config.yml</c> that builds the same network there.
/// </summary>
internal static class ErmongroupFolder
{
    private const string Name = "ermongroup";

    /// <summary>Refuses a model that their code cannot build or sample.</summary>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Configuration"/>.</exception>
    public static void RequireExpressible(NetworkConfig network, SchedulerConfig scheduler)
    {
        ErmongroupLayout.RequireExpressible(network);
        if (scheduler.PredictionType != PredictionType.Epsilon)
        {
            throw new DiffusionException(ErrorKind.Configuration, $"the DDIM authors' code samples networks that predict ε; this one predicts {scheduler.PredictionType}");
        }

        _ = Schedule(scheduler);
    }

    /// <summary>Writes both files.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="network">The network.</param>
    /// <param name="scheduler">Its schedule.</param>
    /// <param name="graph">Its graph.</param>
    /// <param name="read">Reads a parameter's values.</param>
    public static void Write(string folder, UNetConfig network, SchedulerConfig scheduler, NetworkGraph graph, Func<ParameterSpec, ReadValues> read)
    {
        StoredTensor[] tensors = [.. graph.Parameters.Select(p => new StoredTensor(ErmongroupNames.Map(p.Name, network), Shape(p), read(p)))];
        SafetensorsWriter.Write(Path.Combine(folder, Name, "model.safetensors"), tensors, new Dictionary<string, string> { ["format"] = "pt" });
        AtomicFile.WriteAllText(Path.Combine(folder, Name, ErmongroupConfigFile.FileName), Yaml(network, scheduler));
    }

    // Attention is made of 1×1 convolutions there.
    private static int[] Shape(ParameterSpec p) =>
        p.Shape.Count == 2 && p.Name.Contains(".attentions.", StringComparison.Ordinal) ? [.. p.Shape, 1, 1] : [.. p.Shape];

    private static string Yaml(UNetConfig u, SchedulerConfig s)
    {
        var (schedule, start, end) = Schedule(s);
        var attention = u.DownBlockTypes.Index().Where(t => t.Item == "AttnDownBlock2D").Select(t => u.Height >> t.Index);
        return string.Create(CultureInfo.InvariantCulture, $"""
            data:
                dataset: "CUSTOM"
                image_size: {u.Height}
                channels: {u.InChannels}
                logit_transform: {Flag(s.PixelTransform.Logit)}
                uniform_dequantization: {Flag(s.PixelTransform.Dequantization == Dequantization.Uniform)}
                gaussian_dequantization: {Flag(s.PixelTransform.Dequantization == Dequantization.Gaussian)}
                random_flip: true
                rescaled: {Flag(!s.PixelTransform.Logit)}
                num_workers: 4
            model:
                type: "simple"
                in_channels: {u.InChannels}
                out_ch: {u.OutChannels}
                ch: {u.FirstChannels}
                ch_mult: [{string.Join(", ", u.BlockOutChannels.Select(c => c / u.FirstChannels))}]
                num_res_blocks: {u.LayersPerBlock}
                attn_resolutions: [{string.Join(", ", attention)}]
                dropout: {u.Dropout:0.0######}
                var_type: fixedlarge
                ema_rate: 0.9999
                ema: true
                resamp_with_conv: {Flag(u.ResampleWithConv)}
            diffusion:
                beta_schedule: {schedule}
                beta_start: {start:R}
                beta_end: {end:R}
                num_diffusion_timesteps: {s.NumTrainTimesteps}
            sampling:
                batch_size: 64
                last_only: true

            """);
    }

    private static string Flag(bool value) => value ? "true" : "false";

    private static (string Name, double Start, double End) Schedule(SchedulerConfig s)
    {
        var schedule = s.ToSchedule();
        return Names(s).FirstOrDefault(n => n.Schedule().Equals(schedule)) is { Name: { } name } found ? (name, found.Start, found.End) : throw new DiffusionException(
            ErrorKind.Configuration, $"the DDIM authors' code has no such noise schedule as {schedule}; it has linear, quad, const, jsd and sigmoid");
    }

    private static IEnumerable<(string Name, double Start, double End, Func<NoiseSchedule> Schedule)> Names(SchedulerConfig s)
    {
        var (t, first, last) = (s.NumTrainTimesteps, s.TrainedBetas?[0] ?? s.BetaStart, s.TrainedBetas?[^1] ?? s.BetaEnd);
        yield return ("linear", first, last, () => NoiseSchedule.Linear(t, first, last));
        yield return ("quad", first, last, () => NoiseSchedule.ScaledLinear(t, first, last));
        yield return ("const", first, last, () => NoiseSchedule.Constant(t, last));
        yield return ("jsd", first, last, () => NoiseSchedule.Jsd(t));
        yield return ("sigmoid", 1e-4, 0.02, () => NoiseSchedule.Sigmoid(t));
    }
}
