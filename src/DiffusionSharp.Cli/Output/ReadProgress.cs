using DiffusionSharp.Imaging.Data;

namespace DiffusionSharp.Cli.Output;

/// <summary>Shows how far reading a data set has come.</summary>
internal sealed class ReadProgress(ProgressLine line) : IProgress<DataProgress>
{
    public void Report(DataProgress value) => line.Update(
        value.Total is > 0 and long total ? (double)(value.Read + value.Bad) / total : 0,
        () => [new($"{Human.CountOf(value.Read, value.Total)} images read{(value.Bad > 0 ? $", {value.Bad} bad" : "")}", Importance: 3)]);
}
