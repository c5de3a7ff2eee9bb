using System.Text.Json;
using DiffusionSharp.Data;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Models.Configs;

/// <summary>
/// A <see cref="SchedulerConfig"/> as diffusers' <c>scheduler/scheduler_config.json</c>, both ways. An option outside what is
/// supported is an error, never ignored.
/// </summary>
internal static class SchedulerConfigJson
{
    internal static readonly string[] BetaSchedules = [.. ScheduleRow.All.Where(r => r.IsDdpmScheduler).Select(r => r.Name)];

    private static readonly string[] DdimSchedules = [.. ScheduleRow.All.Where(r => r.IsDdimScheduler).Select(r => r.Name)];
    private const string Dequantize = "_dequantize";
    private const string Logit = "_logit";
    private const int MaxTimesteps = NoiseSchedule.MostTimesteps;
    private static readonly string[] PredictionTypes = ["epsilon", "sample", "v_prediction"];
    private static readonly string[] Dequantizations = ["none", "uniform", "gaussian"];
    private static readonly string[] VarianceTypes = ["fixed_small", "fixed_small_log", "fixed_large", "fixed_large_log", "learned", "learned_range"];

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file, usually <c>scheduler/scheduler_config.json</c>.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: unreadable, or with unsupported options, all of which are named.</exception>
    public static SchedulerConfig Read(string path) => ReadNoted(path).Config;

    /// <summary>Reads JSON text.</summary>
    /// <param name="json">The text.</param>
    /// <param name="source">Names the text in messages.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: malformed, or with unsupported options, all of which are named.</exception>
    public static SchedulerConfig Parse(string json, string source) => ParseNoted(json, source).Config;

    /// <summary>Reads a file, with what is to be said of a class that samples in another way.</summary>
    internal static (SchedulerConfig Config, IReadOnlyList<string> Notes) ReadNoted(string path) => ParseNoted(ConfigReader.ReadText(path), path);

    /// <summary>As <see cref="Parse"/>, with what is to be said of a class that samples in another way.</summary>
    internal static (SchedulerConfig Config, IReadOnlyList<string> Notes) ParseNoted(string json, string source)
    {
        var r = ConfigReader.Parse(source, json);
        var name = r.Required("_class_name", [.. SchedulerClass.All.Select(c => c.Name), EdmSchedulerJson.ClassName]);
        if (name == EdmSchedulerJson.ClassName)
        {
            var edm = EdmSchedulerJson.Read(r);
            r.Done(() => edm.ToSchedule());
            return (edm, []);
        }

        var known = SchedulerClass.All.First(c => c.Name == name);
        var (className, isDdim) = (known.WrittenAs, known.WrittenAs == "DDIMScheduler");
        var config = new SchedulerConfig
        {
            ClassName = className,
            NumTrainTimesteps = r.Int("num_train_timesteps", 1000),
            BetaSchedule = r.Text("beta_schedule", "linear", isDdim ? DdimSchedules : BetaSchedules),
            BetaStart = r.Double("beta_start", known.BetaStart),
            BetaEnd = r.Double("beta_end", known.BetaEnd),
            TrainedBetas = r.OptionalDoubles("trained_betas") is { } betas ? ValueList.Create<double>(betas) : null,
            PredictionType = ReadPrediction(r),
            ClipSample = r.Bool("clip_sample", known.ClipSample),
            ClipSampleRange = r.Double("clip_sample_range", 1),
            Thresholding = r.Bool("thresholding", false),
            DynamicThresholdingRatio = r.Double("dynamic_thresholding_ratio", 0.995),
            SampleMaxValue = r.Double("sample_max_value", 1),
            RescaleBetasZeroSnr = r.Bool("rescale_betas_zero_snr", false),
            TimestepSpacing = r.Text("timestep_spacing", known.Spacing, "leading", "trailing", "linspace"),
            StepsOffset = r.Int("steps_offset", 0),
            PixelTransform = ReadTransform(r),
        };

        // Each class ignores the other's option.
        var alphaToOne = r.Bool("set_alpha_to_one", known.SetAlphaToOne ?? true);
        var variance = r.OptionalText("variance_type", "fixed_small", VarianceTypes);
        config = isDdim ? config with { SetAlphaToOne = alphaToOne || known.SetAlphaToOne is null } : config with { VarianceType = variance ?? "fixed_small" };

        // Other times, or another process, than those of DDPM.
        r.Ignore("timestep_values", e => e.ValueKind == JsonValueKind.Null, "null");
        r.Ignore("timestep_type", e => e.ValueKind == JsonValueKind.String && e.ValueEquals("discrete"), "discrete");
        r.Ignore("use_flow_sigmas", e => e.ValueKind == JsonValueKind.False, "false");
        var notes = known.ReadSampling(r);
        if (config.NumTrainTimesteps is < 1 or > MaxTimesteps)
        {
            r.Add($"num_train_timesteps is {config.NumTrainTimesteps} (supported: 1 to {MaxTimesteps})");
        }

        r.Done(() => config.ToSchedule());
        return (config, notes);
    }

    /// <summary>JSON text that diffusers reads as the same scheduler, and <see cref="Parse"/> as an equal record.</summary>
    /// <param name="config">The scheduler's options.</param>
    public static string ToJson(SchedulerConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return config.Edm is not null ? EdmSchedulerJson.Write(config) : JsonText.Write(json =>
        {
            json.WriteString("_class_name", config.ClassName);
            json.WriteString("_diffusers_version", UNetConfigJson.DiffusersVersion);
            WriteTransform(json, config.PixelTransform);
            json.WriteNumber("beta_end", config.BetaEnd);
            json.WriteString("beta_schedule", config.BetaSchedule);
            json.WriteNumber("beta_start", config.BetaStart);
            json.WriteBoolean("clip_sample", config.ClipSample);
            json.WriteNumber("clip_sample_range", config.ClipSampleRange);
            json.WriteNumber("dynamic_thresholding_ratio", config.DynamicThresholdingRatio);
            json.WriteNumber("num_train_timesteps", config.NumTrainTimesteps);
            json.WriteString("prediction_type", PredictionTypes[(int)config.PredictionType]);
            json.WriteBoolean("rescale_betas_zero_snr", config.RescaleBetasZeroSnr);
            json.WriteNumber("sample_max_value", config.SampleMaxValue);
            if (config.ClassName == "DDIMScheduler")
            {
                json.WriteBoolean("set_alpha_to_one", config.SetAlphaToOne);
            }

            json.WriteNumber("steps_offset", config.StepsOffset);
            json.WriteBoolean("thresholding", config.Thresholding);
            json.WriteString("timestep_spacing", config.TimestepSpacing);
            if (config.TrainedBetas is { } betas)
            {
                JsonText.List(json, "trained_betas", betas, json.WriteNumberValue);
            }
            else
            {
                json.WriteNull("trained_betas");
            }

            if (config.ClassName == "DDPMScheduler")
            {
                json.WriteString("variance_type", config.VarianceType);
            }
        });
    }

    /// <summary>How levels become what the network learns.</summary>
    internal static PixelTransform ReadTransform(ConfigReader r) => new()
    {
        Dequantization = (Dequantization)Array.IndexOf(Dequantizations, r.Text(Dequantize, Dequantizations[0], Dequantizations)),
        Logit = r.Bool(Logit, false),
    };

    /// <summary>Writes it where it is not diffusers' own.</summary>
    internal static void WriteTransform(Utf8JsonWriter json, PixelTransform transform)
    {
        if (transform != PixelTransform.None)
        {
            json.WriteString(Dequantize, Dequantizations[(int)transform.Dequantization]);
            json.WriteBoolean(Logit, transform.Logit);
        }
    }

    private static PredictionType ReadPrediction(ConfigReader r)
    {
        var type = (PredictionType)Array.IndexOf(PredictionTypes, r.Text("prediction_type", "epsilon", PredictionTypes));

        // The spelling of 2022.
        return r.Bool("predict_epsilon", true) ? type : PredictionType.Sample;
    }
}
