using DiffusionSharp.Files.Storage;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Models.Layouts;

/// <summary>
/// The noise levels that a checkpoint keeps as buffers beside its network: <c>betas</c>, <c>alphas_cumprod</c> or both, as the diffusion modules
/// of CompVis' and lucidrains' codes do.
/// </summary>
/// <param name="Name">The buffer they were read from.</param>
/// <param name="Parent">What precedes the buffer's own name: others of the same module lie below it.</param>
/// <param name="Schedule">The schedule; null when it cannot be told.</param>
/// <param name="Problem">Why it cannot.</param>
internal sealed record StoredSchedule(string Name, string Parent, NoiseSchedule? Schedule, string? Problem)
{
    private const string Betas = "betas", AlphaBars = "alphas_cumprod";
    private const int MaxTimesteps = 1_000_000;

    /// <summary>Reads the buffers that are nearest to a set of weights; null when there are none.</summary>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: they cannot be read.</exception>
    public static StoredSchedule? Find(TensorFile file, StateDict set)
    {
        var modules = file.Tensors.Values.Where(IsBuffer).GroupBy(t => t.Name[..(t.Name.LastIndexOf('.') + 1)]).GroupBy(m => Common(m.Key, set.Prefix)).MaxBy(n => n.Key);
        if (modules is null)
        {
            return null;
        }

        StoredSchedule[] all = [.. modules.Select(m => Read(file, m.Key))];
        return all.FirstOrDefault(s => !Agree(all[0].Schedule, s.Schedule)) is { } other
            ? all[0] with { Schedule = null, Problem = $"its '{Printable.Sanitize(all[0].Name)}' and '{Printable.Sanitize(other.Name)}' are different schedules" }
            : all[0];
    }

    /// <summary>Whether two schedules have the same levels but for rounding.</summary>
    public static bool Agree(NoiseSchedule? one, NoiseSchedule? other) => one is null || other is null
        ? one == other
        : one.T == other.T && Enumerable.Range(0, one.T).All(t => Near(one.AlphaBar(t), other.AlphaBar(t), 1e-3));

    private static bool IsBuffer(TensorInfo tensor) => tensor.Shape.Count == 1 && tensor.Elements > 0
        && tensor.Dtype is TensorDtype.F64 or TensorDtype.F32 or TensorDtype.F16 or TensorDtype.BF16
        && tensor.Name[(tensor.Name.LastIndexOf('.') + 1)..] is Betas or AlphaBars && !StateDict.IsOptimizers(tensor.Name);

    // How many parts of two paths are the same from the beginning.
    private static int Common(string one, string other) => one.Split('.').Zip(other.Split('.')).TakeWhile(p => p.First == p.Second && p.First.Length > 0).Count();

    private static StoredSchedule Read(TensorFile file, string parent)
    {
        var (betas, alphaBars) = (Values(Betas), Values(AlphaBars));
        var name = parent + (betas is null ? AlphaBars : Betas);
        try
        {
            var schedule = betas is { } b ? StoredBetas.Schedule(b.Values, b.Dtype) : StoredBetas.FromAlphaBars(alphaBars!.Value.Values, alphaBars.Value.Dtype);
            return new StoredSchedule(name, parent, schedule, null) is var read && alphaBars is { } a && Difference(schedule, a.Values, a.Dtype) is { } t
                ? read with { Schedule = null, Problem = $"its '{Printable.Sanitize(name)}' and '{Printable.Sanitize(parent + AlphaBars)}' are different schedules from t = {t} on" }
                : read;
        }
        catch (DiffusionException e) when (e.Kind == ErrorKind.Configuration)
        {
            return new StoredSchedule(name, parent, null, $"its '{Printable.Sanitize(name)}' are no noise schedule ({e.Message})");
        }

        (double[] Values, TensorDtype Dtype)? Values(string buffer)
        {
            if (!file.Tensors.TryGetValue(parent + buffer, out var info) || !IsBuffer(info))
            {
                return null;
            }

            if (info.Elements > MaxTimesteps)
            {
                throw ModelFileError.Refused(file.Path, $"its '{Printable.Sanitize(info.Name)}' has {info.Elements} noise levels (supported: 1 to {MaxTimesteps})");
            }

            var values = new double[info.Elements];
            Elements.Convert<double>(info.Dtype, file.ReadBytes(info), values);
            return (values, info.Dtype);
        }
    }

    // The first t at which ᾱ is another.
    private static int? Difference(NoiseSchedule schedule, double[] alphaBars, TensorDtype dtype)
    {
        var count = Math.Min(schedule.T, alphaBars.Length);
        for (var t = 0; t < count; t++)
        {
            if (!Near(schedule.AlphaBar(t), alphaBars[t], Math.Max(1e-3, StoredBetas.Precision(dtype) * 8)))
            {
                return t;
            }
        }

        return schedule.T == alphaBars.Length ? null : count;
    }

    private static bool Near(double one, double other, double relative) => Math.Abs(one - other) <= (relative * Math.Abs(one)) + 1e-6;
}
