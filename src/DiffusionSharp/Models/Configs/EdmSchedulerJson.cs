using DiffusionSharp.Files.Storage;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Models.Configs;

/// <summary>diffusers' EDMEulerScheduler: Karras' levels with ρ = 7, and a network of EDM's preconditioning (<c>prediction_type: epsilon</c> there).</summary>
internal static class EdmSchedulerJson
{
    public const string ClassName = "EDMEulerScheduler";

    private const double Rho = 7;

    /// <summary>Reads the options; what is not supported is added to the reader's problems.</summary>
    public static SchedulerConfig Read(ConfigReader r)
    {
        var edm = new EdmPreconditioning { SigmaData = r.Double("sigma_data", 0.5), SigmaMin = r.Double("sigma_min", 0.002), SigmaMax = r.Double("sigma_max", 80) };
        var config = SchedulerConfig.FromEdm(edm, r.Int("num_train_timesteps", 1000)).With(SchedulerConfigJson.ReadTransform(r)) with
        {
            SetAlphaToOne = r.Text("final_sigmas_type", "zero", "zero", "sigma_min") == "zero",
        };
        r.Text("prediction_type", "epsilon", "epsilon");
        r.Text("sigma_schedule", "karras", "karras");
        var rho = r.Double("rho", Rho);
        if (rho != Rho)
        {
            r.Add(FormattableString.Invariant($"rho is {rho} (supported: {Rho})"));
        }

        return config;
    }

    /// <summary>JSON text that diffusers reads as the same scheduler.</summary>
    public static string Write(SchedulerConfig config) => JsonText.Write(json =>
    {
        json.WriteString("_class_name", ClassName);
        json.WriteString("_diffusers_version", UNetConfigJson.DiffusersVersion);
        SchedulerConfigJson.WriteTransform(json, config.PixelTransform);
        json.WriteString("final_sigmas_type", config.SetAlphaToOne ? "zero" : "sigma_min");
        json.WriteNumber("num_train_timesteps", config.NumTrainTimesteps);
        json.WriteString("prediction_type", "epsilon");
        json.WriteNumber("rho", Rho);
        json.WriteNumber("sigma_data", config.Edm!.SigmaData);
        json.WriteNumber("sigma_max", config.Edm.SigmaMax);
        json.WriteNumber("sigma_min", config.Edm.SigmaMin);
        json.WriteString("sigma_schedule", "karras");
    });
}
